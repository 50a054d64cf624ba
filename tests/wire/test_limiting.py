"""A limit of requests a second, for whoever wants to see what happens beyond it."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import stripe

from accrue_core.errors import ConfigurationError
from accrue_fake import Engine
from accrue_fake.wire.stripe.app import create_stripe_app
from accrue_fake.wire.stripe.limiting import Limit
from accrue_fake.wire.stripe.problems import Refused
from accrue_fake.wire.stripe.process import StripeProcess
from accrue_fake.wire.stripe.served import create, environment
from tests.wire.till import KEY, Till


async def answers(till: Till, path: str, many: int) -> list[httpx.Response]:
    return await asyncio.gather(*(till.raw("GET", path) for _ in range(many)))


async def test_nothing_is_limited_unless_it_is_asked_for(till: Till) -> None:
    assert {one.status_code for one in await answers(till, "/v1/account", 60)} == {200}


@pytest.mark.parametrize("path", ["/v1/account", "/v2/core/events"])
async def test_what_is_too_much_for_a_second_is_answered_429(till: Till, path: str) -> None:
    till.server.limit = Limit(5)

    found = await answers(till, path, 12)

    refused = [one for one in found if one.status_code == 429]
    assert 6 <= len(refused) <= 7
    for one in refused:
        assert one.json()["error"]["code"] == "rate_limit"
        assert one.headers["stripe-rate-limited-reason"] == "global-rate"
    with pytest.raises(stripe.RateLimitError):
        await asyncio.gather(*(till.v1.balance.retrieve_async() for _ in range(8)))
    till.server.limit = None


def test_a_bucket_fills_as_time_passes_and_never_runs_over() -> None:
    limit = Limit(2)

    def taken(now: float) -> bool:
        try:
            limit.take(now)
        except Refused:
            return False
        return True

    assert [taken(100.0) for _ in range(3)] == [True, True, False]
    assert [taken(100.5), taken(100.5)] == [True, False]
    assert [taken(200.0) for _ in range(3)] == [True, True, False]
    assert taken(199.0) is False


async def test_a_key_that_is_refused_uses_nothing_up() -> None:
    server = create_stripe_app(Engine(), rate_limit=1)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example") as client:
        statuses = [
            (
                await client.get("/v1/account", headers={"authorization": f"Bearer {key}"})
            ).status_code
            for key in ("nobody", KEY, KEY)
        ]

    assert statuses == [401, 200, 429]


def test_the_command_takes_a_limit() -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    with (
        StripeProcess("--rate-limit", "1") as process,
        httpx.Client(base_url=process.origin, headers=headers, trust_env=False) as client,
    ):
        statuses = [client.get("/v1/account").status_code for _ in range(3)]

    assert statuses[0] == 200
    assert 429 in statuses


def test_a_process_is_told_its_limit() -> None:
    said = environment(books=None, seed_file=None, seed=0, start=None, rate_limit=25)

    limited, free = create(said), create({})

    assert limited.server.limit is not None
    assert free.server.limit is None
    with pytest.raises(ConfigurationError, match="at least one"):
        Limit(0.5)
