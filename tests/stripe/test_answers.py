"""Answers that are none, and what comes along with answers: all of it stops at our line."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import httpx
import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Key
from accrue_core.errors import (
    AccrueError,
    ProcessorMisconfigured,
    ProcessorUnavailable,
    RateLimited,
)
from accrue_core.owners import Owner
from accrue_stripe.processor import StripeProcessor
from tests.stripe import objects
from tests.stripe.asking import SETTINGS

NONSENSE = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"\xff\xfe",
    b"<html></html>",
    b"[" * 100_000,
    b'{"a":' + b"9" * 5000 + b"}",
]
NO_ERRORS = [b"{}", *(b'{"error":%b}' % word for word in (b"null", b'"x"', b"[]", b"7"))]
CREATE = CreateCustomer(owner=Owner("team", "42"))
KEY = Key("key", "operation")


async def refused(answer: Callable[[httpx.Request], httpx.Response]) -> set[type[AccrueError]]:
    """Read a customer and create one, be answered like this, and return what was raised."""
    raised = set()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        processor = StripeProcessor(SETTINGS, client)
        for asked in (
            processor.fetch("customer", "cus_1"),
            processor.customers.create(CREATE, key=KEY),
        ):
            with pytest.raises(AccrueError) as caught:
                await asked
            raised.add(type(caught.value))
    return raised


def _always(answer: httpx.Response, _: httpx.Request) -> httpx.Response:
    return answer


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
async def test_nonsense_instead_of_an_answer_has_an_unknown_outcome(body: bytes) -> None:
    assert await refused(lambda _: httpx.Response(200, content=body)) == {ProcessorUnavailable}


@pytest.mark.parametrize("body", [*NONSENSE, *NO_ERRORS], ids=range(len(NONSENSE + NO_ERRORS)))
async def test_a_refusal_that_stripe_did_not_write_refuses_nothing(body: bytes) -> None:
    for status in (400, 402, 404, 409, 500):
        answer = httpx.Response(status, content=body)
        assert await refused(partial(_always, answer)) == {ProcessorUnavailable}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, ProcessorMisconfigured), (403, ProcessorMisconfigured), (429, RateLimited)],
)
async def test_whoever_turns_a_request_away_has_not_carried_it_out(
    status: int, expected: type[AccrueError]
) -> None:
    page = httpx.Response(status, content=b"<html>away</html>")
    assert await refused(lambda _: page) == {expected}


async def test_an_answer_too_deep_for_the_sdk_has_an_unknown_outcome() -> None:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    assert await refused(lambda _: httpx.Response(200, content=deep)) == {ProcessorUnavailable}


@pytest.mark.parametrize("key", ["sk_live_1", "sk_test_1"])
async def test_a_thing_of_the_other_mode_is_not_believed(key: str) -> None:
    is_live = key.startswith("sk_live")
    settings = replace(SETTINGS, api_key=type(SETTINGS.api_key)(key), livemode=None)
    for livemode in (True, False):
        there = objects.customer() | {"livemode": livemode}
        transport = httpx.MockTransport(partial(_always, httpx.Response(200, json=there)))
        async with httpx.AsyncClient(transport=transport) as client:
            fetched = StripeProcessor(settings, client).fetch("customer", there["id"])
            if livemode == is_live:
                assert (await fetched).main.ref == there["id"]
                continue
            with pytest.raises(ProcessorUnavailable, match="other mode"):
                await fetched


async def test_a_notice_is_no_python_warning_and_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = {"Stripe-Notice": "jane@person.example should know", "Request-Id": "req_1"}
    noticed = httpx.Response(200, content=json.dumps(objects.customer()), headers=headers)
    transport = httpx.MockTransport(lambda _: noticed)
    with caplog.at_level(logging.WARNING, logger="accrue.stripe"):
        async with httpx.AsyncClient(transport=transport) as client:
            processor = StripeProcessor(SETTINGS, client)
            for _ in range(2):
                await processor.fetch("customer", "cus_TeamFortyTwo")

    assert caplog.messages == ["Stripe sent a notice with its answer to request req_1"]
