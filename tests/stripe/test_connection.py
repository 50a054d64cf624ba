"""One line for one account, whoever asks for it first."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.results import GoneSnapshot
from accrue_core.settings import Secret
from accrue_stripe import transport
from accrue_stripe.connection import Connection
from accrue_stripe.gateways.wholes import with_all
from accrue_stripe.settings import StripeAccount
from tests.stripe import objects

ACCOUNT = StripeAccount(api_key=Secret("sk_test_1"))


def test_threads_that_ask_at_once_share_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    really = transport.connect

    def slowly(*given: Any) -> Any:
        made.append(given)
        time.sleep(0.05)
        return really(*given)

    monkeypatch.setattr(transport, "connect", slowly)
    connection = Connection(ACCOUNT)
    with ThreadPoolExecutor(4) as threads:
        clients = list(threads.map(lambda _: connection.client, range(4)))

    assert len(made) == 1
    assert len({id(client) for client in clients}) == 1


@pytest.mark.parametrize(
    ("payer", "expected"),
    [
        (objects.customer(), CustomerSnapshot),
        ({"id": "cus_1", "object": "customer", "deleted": True}, GoneSnapshot),
    ],
)
async def test_a_payer_that_was_deleted_comes_along_as_gone(
    payer: objects.Json, expected: type[object]
) -> None:
    whole = objects.subscription() | {"customer": payer, "latest_invoice": None}
    whole["default_payment_method"] = None

    answer = await with_all(Connection(ACCOUNT).client, whole)

    assert [type(other) for other in answer.others if other.noun == "customer"] == [expected]
    assert answer.main.customer == payer["id"]
