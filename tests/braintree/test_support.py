"""The support table, held against what happens when each capability is asked for."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from accrue_braintree.processor import BraintreeProcessor
from accrue_core.contracts.capabilities import Capability, SupportLevel
from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
    PauseSubscription,
    Proration,
    SetTrialEnd,
)
from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.processor import REQUESTS, Processor
from accrue_core.contracts.results import Key
from accrue_core.contracts.schedules import ReleaseSchedule
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    NewItem,
)
from accrue_core.errors import UnsupportedCapability
from accrue_core.owners import Owner
from tests.braintree.wire import SETTINGS

README = Path(__file__).parents[2] / "plugins/accrue_braintree/README.md"
KEY = Key("key-1", "aop_1")
ITEMS = (NewItem(price="pro_monthly"),)
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def session(**changes: Any) -> CreateCheckoutSession:
    return CreateCheckoutSession(
        customer="team42",
        items=ITEMS,
        success_url="https://host.example/yes",
        cancel_url="https://host.example/no",
        **changes,
    )


def subscribing(**changes: Any) -> CreateSubscription:
    return CreateSubscription(**({"customer": "team42", "items": ITEMS} | changes))


def canceling(when: Any) -> CancelSubscription:
    return CancelSubscription(ref="sub_pro", when=when, at=LATER if when == "at" else None)


def changing(proration: Proration, *more: ItemTarget) -> ChangeSubscription:
    first = ItemTarget(ref="plan", price="pro_monthly", quantity=2)
    return ChangeSubscription(ref="sub_pro", items=(first, *more), proration=proration)


ASKED: dict[Capability, Callable[[Processor], Awaitable[object]]] = {
    Capability.CREATE_CUSTOMER: lambda processor: processor.customers.create(
        CreateCustomer(owner=Owner("team", "42")), key=KEY
    ),
    Capability.ATTACH_PAYMENT_METHOD: lambda processor: processor.payment_methods.attach(
        AttachPaymentMethod(customer="team42", payment_method="nonce"), key=KEY
    ),
    Capability.SUBSCRIBE: lambda processor: processor.subscriptions.create(subscribing(), key=KEY),
    Capability.SUBSCRIBE_WITH_TRIAL: lambda processor: processor.subscriptions.create(
        subscribing(trial_days=14), key=KEY
    ),
    Capability.SUBSCRIBE_WITH_QUANTITY: lambda processor: processor.subscriptions.create(
        subscribing(items=(NewItem(price="pro_monthly", quantity=3),)), key=KEY
    ),
    Capability.COLLECT_BY_INVOICE: lambda processor: processor.subscriptions.create(
        subscribing(collection="invoice", days_until_due=14), key=KEY
    ),
    Capability.CANCEL_NOW: lambda processor: processor.subscriptions.cancel(
        canceling("now"), key=KEY
    ),
    Capability.CANCEL_AT_PERIOD_END: lambda processor: processor.subscriptions.cancel(
        canceling("period_end"), key=KEY
    ),
    Capability.CANCEL_AT_DATE: lambda processor: processor.subscriptions.cancel(
        canceling("at"), key=KEY
    ),
    Capability.KEEP: lambda processor: processor.subscriptions.keep(
        KeepSubscription(ref="sub_pro"), key=KEY
    ),
    Capability.UPDATE_CUSTOMER: lambda processor: processor.customers.update(
        UpdateCustomer(ref="team42", name="Ann"), key=KEY
    ),
    Capability.CHANGE_ITEMS: lambda processor: processor.subscriptions.change(
        changing("none"), key=KEY
    ),
    Capability.CHANGE_WITH_INVOICE: lambda processor: processor.subscriptions.change(
        changing("always_invoice"), key=KEY
    ),
    Capability.SEVERAL_ITEMS: lambda processor: processor.subscriptions.change(
        changing("none", ItemTarget(price="other")), key=KEY
    ),
    Capability.SET_TAX_LOCATION: lambda processor: processor.customers.set_tax_location(
        SetTaxLocation(ref="team42", country="DE"), key=KEY
    ),
    Capability.ASSIGN_CUSTOMER: lambda processor: processor.customers.assign(
        AssignCustomer(ref="team42", owner=Owner("team", "43")), key=KEY
    ),
    Capability.SUBSCRIBE_WITH_ANCHOR: lambda processor: processor.subscriptions.create(
        subscribing(anchor=LATER), key=KEY
    ),
    Capability.SUBSCRIBE_BACKDATED: lambda processor: processor.subscriptions.create(
        subscribing(backdated_to=LATER), key=KEY
    ),
    Capability.SUBSCRIBE_WITH_COUPON: lambda processor: processor.subscriptions.create(
        subscribing(coupon="half"), key=KEY
    ),
    Capability.TRIAL_WITHOUT_CARD: lambda processor: processor.subscriptions.create(
        subscribing(trial_days=14, trial_without_card="cancel"), key=KEY
    ),
    Capability.AUTOMATIC_TAX: lambda processor: processor.subscriptions.create(
        subscribing(automatic_tax=True), key=KEY
    ),
    Capability.COMP: lambda processor: processor.subscriptions.create(
        subscribing(coupon=COMP_COUPON), key=KEY
    ),
    Capability.CANCEL_WITH_INVOICE: lambda processor: processor.subscriptions.cancel(
        CancelSubscription(ref="sub_pro", when="now", invoice_now=True), key=KEY
    ),
    Capability.SEVERAL_INTERVALS: lambda processor: processor.subscriptions.change(
        changing("none", ItemTarget(price="yearly")), key=KEY
    ),
    Capability.SCHEDULES: lambda processor: processor.schedules.release(
        ReleaseSchedule(ref="sched"), key=KEY
    ),
    Capability.PREVIEW_CHANGE: lambda processor: processor.subscriptions.preview(changing("none")),
    Capability.SET_TRIAL_END: lambda processor: processor.subscriptions.set_trial_end(
        SetTrialEnd(ref="sub_pro", trial_end=LATER), key=KEY
    ),
    Capability.PAUSE: lambda processor: processor.subscriptions.pause(
        PauseSubscription(ref="sub_pro", behavior="void"), key=KEY
    ),
    Capability.PAUSE_UNTIL: lambda processor: processor.subscriptions.pause(
        PauseSubscription(ref="sub_pro", behavior="void", resumes_at=LATER), key=KEY
    ),
    Capability.PAUSE_WHOLE: lambda processor: processor.subscriptions.pause(
        PauseSubscription(ref="sub_pro", behavior="none"), key=KEY
    ),
    Capability.LIST_EVENTS: lambda processor: anext(processor.events(since=LATER)),
    Capability.CHECKOUT: lambda processor: processor.checkout.create(session(), key=KEY),
    Capability.CHECKOUT_WITH_TRIAL: lambda processor: processor.checkout.create(
        session(trial_days=14), key=KEY
    ),
    Capability.BILLING_PORTAL: lambda processor: processor.portal.create(
        CreatePortalSession(customer="team42", return_url="https://host.example/"), key=KEY
    ),
}
READ = {Capability.INVOICES, Capability.WEBHOOKS}


@pytest.fixture
def processor() -> Processor:
    return BraintreeProcessor(SETTINGS)


def test_every_capability_is_named_and_tried(processor: Processor) -> None:
    assert set(processor.support) == set(Capability)
    assert ASKED.keys() | READ == set(Capability)


@pytest.mark.parametrize("capability", ASKED)
async def test_what_is_unsupported_is_refused_in_so_many_words(
    capability: Capability, processor: Processor
) -> None:
    assert processor.support[capability].level == SupportLevel.UNSUPPORTED
    with pytest.raises(UnsupportedCapability) as refused:
        await ASKED[capability](processor)
    assert refused.value.processor == "braintree"
    assert processor.support[Capability(refused.value.capability)].level == (
        SupportLevel.UNSUPPORTED
    )


def test_what_is_supported_says_how_far(processor: Processor) -> None:
    assert processor.support[Capability.WEBHOOKS].level == SupportLevel.NATIVE
    assert str(processor.support[Capability.INVOICES]) == (
        "bounded: built from the subscription's transactions"
    )
    available = {one for one, support in processor.support.items() if support.is_available}
    assert available == READ


async def test_nothing_can_have_been_created_and_looking_says_so(processor: Processor) -> None:
    request = CreateCustomer(owner=Owner("team", "42"))
    assert await processor.find_created(request, key=KEY, since=LATER) is None
    assert set(processor.recovery) == set(REQUESTS)


def test_the_readme_says_the_same(processor: Processor) -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", README.read_text(), re.MULTILINE)
    assert dict(rows) == {
        capability.value: str(support) for capability, support in processor.support.items()
    }
