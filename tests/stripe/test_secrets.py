"""Nothing of Stripe's, no key and nothing personal leaves in logs, representations or pickles."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
import stripe

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer, SetTaxLocation
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    NewItem,
)
from accrue_core.errors import AccrueError
from accrue_core.owners import Owner
from accrue_stripe.processor import StripeProcessor
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.asking import (
    ASKING,
    OTHER_PRICE,
    PRICE,
    SECRET,
    SETTINGS,
    asking,
    bench_of,
    furnished,
)
from tests.stripe.stand_in import problem, served

HOME = "https://app.example.com/?visit=private-token"
PRIVATE = (
    SETTINGS.api_key.reveal(),
    SECRET,
    "person.example",
    "Ada Lovelace",
    "private-token",
    "private-note",
    "_secret_",
    "checkout.stripe.example",
    "billing.stripe.example",
    "invoice.stripe.example",
)
"""What must not be seen: keys, names, addresses, client secrets, pages that let their bearer in."""


async def everything(processor: StripeProcessor, account: Account) -> list[Any]:
    """Use every command, and be refused; return what came of it."""
    bench = bench_of(account)
    note = {"note": "private-note"}
    new = CreateCustomer(
        owner=Owner("team", "1"), name="Ada Lovelace", email="ada@person.example", metadata=note
    )
    customer = await processor.customers.create(new, key=bench.key())
    ref = customer.main.ref
    card = AttachPaymentMethod(customer=ref, payment_method=ASKING)
    attached = await processor.payment_methods.attach(card, key=bench.key())
    items = (NewItem(price=PRICE),)
    start = CreateSubscription(customer=ref, items=items, metadata=note)
    started = await processor.subscriptions.create(start, key=bench.key())
    page = CreateCheckoutSession(
        customer=ref, items=items, success_url=HOME, cancel_url=HOME, metadata=note
    )
    opened = await processor.checkout.create(page, key=bench.key())
    visit = CreatePortalSession(customer=ref, return_url=HOME)
    portal = await processor.portal.create(visit, key=bench.key())
    target = ItemTarget(ref=started.main.items[0].ref, price=OTHER_PRICE)
    change = ChangeSubscription(ref=started.main.ref, items=(target,), proration="always_invoice")
    said = await processor.subscriptions.preview(change)
    changed = await processor.subscriptions.change(change, key=bench.key())
    place = SetTaxLocation(ref=ref, country="DE", postal_code="10115", line1="private-note 7")
    placed = await processor.customers.set_tax_location(place, key=bench.key())
    later = CancelSubscription(ref=started.main.ref, when="period_end")
    ending = await processor.subscriptions.cancel(later, key=bench.key())
    keep = KeepSubscription(ref=started.main.ref)
    kept = await processor.subscriptions.keep(keep, key=bench.key())
    end = await processor.subscriptions.cancel(replace(later, when="now"), key=bench.key())
    found = await processor.find_created(new, key=bench.key(), since=bench.now())
    account.faults.append(Fault(problem(402, "card_error", code="card_declined")))
    account.faults.append(Fault(problem(400, "invalid_request_error", code="email_invalid")))
    errors: list[Any] = []
    for _ in range(2):
        with pytest.raises(AccrueError) as caught:
            await processor.customers.create(new, key=bench.key())
        errors.append(caught.value)
    account.faults.append(Fault(problem(402, "card_error", code="card_declined")))
    with pytest.raises(AccrueError) as caught:
        await processor.subscriptions.change(change, key=bench.key())
    errors += [caught.value, request_of(place)]
    results = [customer, attached, started, opened, portal, ending, kept, end, found]
    return [*results, said, changed, placed, *errors]


def request_of(request: Any) -> str:
    """Return how a request shows itself: it may be in somebody's log before it is sent."""
    return repr(request)


def seen_in(text: str) -> list[str]:
    return [word for word in PRIVATE if word in text]


@pytest.mark.parametrize("is_over_a_socket", [False, True])
async def test_at_debug_no_log_says_anything_about_anyone(
    is_over_a_socket: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="stripe")
    account = furnished()
    if is_over_a_socket:
        with served(account) as origin:
            processor = StripeProcessor(
                replace(SETTINGS, api_base=origin, request_timeout=10.0, connect_timeout=10.0)
            )
            await everything(processor, account)
            await processor.close()
    else:
        async with asking(account) as processor:
            await everything(processor, account)

    assert "/v1/customers" in caplog.text
    assert seen_in(caplog.text) == []
    assert seen_in(" ".join(str(vars(record)) for record in caplog.records)) == []


@pytest.mark.parametrize("word", ["debug", "info"])
async def test_the_console_log_of_the_sdk_says_nothing_either(
    word: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stripe, "log", word)
    monkeypatch.setattr("stripe._util.STRIPE_LOG", word)
    account = furnished()
    async with asking(account) as processor:
        await everything(processor, account)

    assert capsys.readouterr() == ("", "")


async def test_a_host_that_sets_up_its_logs_late_sees_no_bodies_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    account = furnished()
    async with asking(account) as processor:
        await bench_of(account).customer(processor)
        caplog.set_level(logging.DEBUG, logger="stripe")
        await everything(processor, account)

    assert [record for record in caplog.records if record.name == "stripe"] == []


async def test_what_is_returned_shows_nothing_private() -> None:
    account = furnished()
    async with asking(account) as processor:
        results = await everything(processor, account)

    shown = " ".join(f"{one!r} {one}" for one in (*results, processor, SETTINGS))
    assert "cus_" in shown
    assert seen_in(shown) == []


async def test_what_is_returned_is_made_of_our_own_values() -> None:
    account = furnished()
    async with asking(account) as processor:
        results = await everything(processor, account)

    kinds = {type(part) for one in results for part in _parts(one)}
    assert {kind.__module__.partition(".")[0] for kind in kinds} <= {
        "accrue_core",
        "builtins",
        "datetime",
    }


def _parts(value: Any) -> Iterator[Any]:
    """Walk a value and everything in it, the causes of errors included."""
    yield value
    inner: list[Any] = []
    if is_dataclass(value):
        inner = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, BaseException):
        inner = [*value.args, *vars(value).values(), value.__cause__]
        assert value.__suppress_context__
    elif isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, list | tuple):
        inner = list(value)
    for part in inner:
        yield from _parts(part)


async def test_a_pickle_holds_no_key_and_no_way_in() -> None:
    account = furnished()
    async with asking(account) as processor:
        seen = await everything(processor, account)
    customer, _, started, opened, portal, *_ = seen
    errors = [one for one in seen if isinstance(one, AccrueError)]
    assert len(errors) == 3

    for secret in (processor, SETTINGS, started.next_action, opened.next_action, portal):
        with pytest.raises(TypeError):
            pickle.dumps(secret)
    for answer in (customer, started, opened):
        pickled = pickle.dumps((answer.main, answer.others))
        assert b"sk_test" not in pickled
        assert b"_secret_" not in pickled
        assert b"stripe.example" not in pickled
    for error in errors:
        assert seen_in(pickle.dumps(error).decode("latin-1")) == []
