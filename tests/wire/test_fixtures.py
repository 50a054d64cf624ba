"""The fixtures that a host's tests import."""

from __future__ import annotations

from pathlib import Path

import pytest

SUITE = """
import httpx
import pytest
from accrue_fake.fixtures import StripeLine, stripe_server

HEADERS = {"authorization": "Bearer sk_test_mine"}


@pytest.mark.anyio
async def test_in_process(stripe_server):
    async with httpx.AsyncClient(transport=StripeLine(stripe_server)) as client:
        made = await client.post("https://api.stripe.example/v1/customers", headers=HEADERS)
        assert made.json()["object"] == "customer"
        stripe_server.engine.scenarios.cut_next_call()
        with pytest.raises(httpx.ReadError):
            await client.get("https://api.stripe.example/v1/customers", headers=HEADERS)


@pytest.mark.anyio
async def test_each_test_has_a_server_of_its_own(stripe_server):
    assert stripe_server.engine.books.customers == {}


@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def test_a_suite_elsewhere_uses_them(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=2)
