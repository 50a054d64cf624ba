"""One box that finds whatever an operator has in hand, and keeps addresses of people to itself."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.subscriptions.models import Subscription
from tests.admin.desk import BIRCH, HOME, Desk, Team, path_of

SEARCH = "/admin/search"


async def ask(desk: Desk, text: str) -> httpx.Response:
    """Type something into the box and follow it to a page."""
    answer = await desk.send(HOME, SEARCH, q=text)
    while answer.status_code == 303:
        answer = await desk.answer(answer.headers["location"])
    return answer


class Known:
    """What there is to be found about one team."""

    def __init__(self, desk: Desk, sub: Subscription, invoice: Invoice) -> None:
        self.desk, self.sub, self.invoice = desk, sub, invoice
        self.customer_id = sub.customer_id or ""


@pytest.fixture
async def known(desk: Desk) -> Known:
    """Let one team subscribe, and others beside it."""
    id_ = await desk.subscribed()
    await desk.crowd(2)
    page = await desk.billing.invoices(BIRCH)
    return Known(desk, await desk.billing.subscription(id_), page.items[0])


def customer(known: Known) -> str:
    return f"/admin/customers/{known.customer_id}"


def subscription(known: Known) -> str:
    return f"/admin/subscriptions/{known.sub.id}"


def invoice(known: Known) -> str:
    return f"/admin/invoices/{known.invoice.id}"


WAYS: dict[str, tuple[Any, Any]] = {
    "our customer": (lambda k: k.customer_id, customer),
    "our subscription": (lambda k: k.sub.id, subscription),
    "our subscription, pasted with spaces": (lambda k: f"  {k.sub.id} ", subscription),
    "our subscription item": (lambda k: k.sub.items[0].id, subscription),
    "our invoice": (lambda k: k.invoice.id, invoice),
    "our invoice line": (lambda k: k.invoice.lines[0].id, invoice),
    "our invoice payment": (lambda k: k.invoice.payments[0].id, invoice),
    "customer ref": (lambda k: k.sub.customer_ref, customer),
    "subscription ref": (lambda k: k.sub.ref, subscription),
    "invoice ref": (lambda k: k.invoice.ref, invoice),
    "invoice number": (lambda k: k.invoice.number, invoice),
    "payment ref": (lambda k: k.invoice.payments[0].payment, invoice),
    "email": (lambda _: "accounts@birch.example", customer),
    "email in capitals": (lambda _: "Accounts@Birch.example", customer),
    "owner": (lambda _: "team:42", customer),
}


async def test_one_thing_is_gone_to_at_once(known: Known) -> None:
    for way, (text, leads_to) in WAYS.items():
        answer = await known.desk.send(HOME, SEARCH, q=text(known))
        if path_of(answer).startswith(SEARCH):
            answer = await known.desk.answer(path_of(answer))
        assert path_of(answer) == leads_to(known), way
        assert (await known.desk.answer(leads_to(known))).status_code == 200


async def test_payment_methods_and_checkouts_lead_to_their_customer(known: Known) -> None:
    (method,) = await known.desk.billing.payment_methods(BIRCH)

    for text in (method.id, method.ref):
        answer = await known.desk.answer(f"{SEARCH}?q={text}")
        assert path_of(answer) == customer(known)


async def test_webhooks_entries_and_unsettled_operations_are_found(known: Known) -> None:
    desk = known.desk
    delivery = (await desk.billing.webhook_deliveries(limit=1)).items[0]
    entry = (await desk.billing.timeline_for(known.sub.id)).items[0]
    desk.engine.scenarios.lose_next_answer("before", call="subscriptions.cancel")
    path = f"/admin/subscriptions/{known.sub.id}/cancel"
    await desk.send(path, path)
    (operation,) = await desk.billing.open_operations()

    for text in (delivery.id, delivery.event_ref):
        assert path_of(await desk.answer(f"{SEARCH}?q={text}")) == f"/admin/webhooks/{delivery.id}"
    assert path_of(await desk.answer(f"{SEARCH}?q={entry.id}")) == f"/admin/ledger/{entry.id}"
    assert path_of(await desk.answer(f"{SEARCH}?q={operation.id}")) == "/admin/operations"


async def test_several_things_are_a_list(desk: Desk) -> None:
    for team in ("1", "2"):
        await desk.subscribed(Team(team, f"Twin {team}", "twins@example.test"))

    answer = await ask(desk, "twins@example.test")

    assert "2 found" in answer.text
    assert "Twin 1" in answer.text
    assert "Twin 2" in answer.text


async def test_a_persons_address_is_in_no_pages_address(desk: Desk) -> None:
    for team in ("1", "2"):
        await desk.subscribed(Team(team, None, "twins@example.test"))

    for text in ("twins@example.test", "nobody@example.test", "user:a@example.test"):
        answer = await desk.send(HOME, SEARCH, q=text)
        assert "example" not in path_of(answer)
        assert (await desk.answer(path_of(answer))).status_code == 200


async def test_what_only_webhooks_know_is_found_by_them(known: Known) -> None:
    desk = known.desk
    desk.engine.scenarios.hide("sub_elsewhere", times=9)
    desk.engine.emitter.emit("customer.subscription.updated", "subscription", "sub_elsewhere")
    await desk.settle()

    answer = await desk.answer(f"{SEARCH}?q=sub_elsewhere")

    delivery = (await desk.billing.webhook_deliveries(limit=1)).items[0]
    assert path_of(answer) == f"/admin/webhooks/{delivery.id}"


NOTHING = [
    "nothing", "asub_00000000000000000000000000", "asub_", "ajob_00000000000000000000000000",
    "aop_00000000000000000000000000", "%", "_", "' or 1=1 --", ":", "a:", ":b", "a@b", "é", "\x00",
    "x" * 300, "team:4200000", "::::",
]  # fmt: skip


async def test_nothing_found_says_what_can_be(known: Known) -> None:
    for text in NOTHING:
        answer = await ask(known.desk, text)
        assert answer.status_code == 200, text
        assert "Nothing found" in answer.text
        assert "What can be found" in answer.text


async def test_an_empty_box_explains_itself(desk: Desk) -> None:
    answer = await ask(desk, "  ")

    assert answer.status_code == 200
    assert "What can be found" in answer.text


async def test_what_was_asked_stays_in_the_box(desk: Desk) -> None:
    answer = await ask(desk, 'sub_"1')

    assert 'value="sub_&#34;1"' in answer.text
