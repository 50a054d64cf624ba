"""The shipped contract suites catch a processor that half-works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, SupportTable
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import UnsupportedCapability
from accrue_core.testing.contracts.bench import Bench
from accrue_core.testing.contracts.customers import (
    AssigningContract,
    CustomerContract,
    KnownCustomerContract,
    TaxLocationContract,
)
from accrue_core.testing.contracts.discounts import AutomaticTaxContract, DiscountContract
from accrue_core.testing.contracts.invoices import assert_adds_up
from accrue_core.testing.contracts.schedules import ScheduleContract
from accrue_core.testing.contracts.subscriptions import EndingContract, SubscribingContract
from accrue_core.testing.contracts.webhooks import WebhookContract
from accrue_fake import Engine, FakeProcessor
from accrue_fake.engine.door import Door
from accrue_fake.processor import SUPPORT
from tests.contracts.test_fake import COUPONS, TEN_DOLLARS, bench_of
from tests.fake.shop import Shop

pytestmark = pytest.mark.anyio

Sloppiness = Callable[[FakeProcessor], None]


def forgets_keys(processor: FakeProcessor) -> None:
    """Make every call a new one, whatever its key."""
    asked, numbers = processor.backend.call, iter(range(10**6))

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if "key" in arguments and method != "find_created":
            key = Key(f"forgotten-{next(numbers)}", arguments["key"].operation_id)
            arguments = {**arguments, "key": key}
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


def loses_operations(processor: FakeProcessor) -> None:
    """Keep no operation id on what is created."""
    asked = processor.backend.call

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if method == "create":
            arguments = {**arguments, "key": replace(arguments["key"], operation_id="none")}
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


def ignores_endings(processor: FakeProcessor) -> None:
    """Answer a cancellation with the subscription as it was."""
    asked = processor.backend.call

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if method == "cancel":
            return await asked(noun, "fetch", {"ref": arguments["request"].ref})
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


def stops_its_schedules(processor: FakeProcessor) -> None:
    """Keep schedules, and never do what they say."""
    assert processor.engine is not None
    processor.engine.calendar.teach("phase", lambda *_: None)


def keeps_its_plans(processor: FakeProcessor) -> None:
    """Answer whatever is asked of a schedule with the schedule as it was."""
    asked = processor.backend.call

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if noun == "schedules" and method in ("update", "release", "cancel"):
            return await asked(noun, "fetch", {"ref": arguments["request"].ref})
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


def forgets_who_drives(processor: FakeProcessor) -> None:
    """Let a subscription be ended as if no schedule drove it, and do not tell the schedule."""
    assert processor.engine is not None
    books, asked = processor.engine.books, processor.backend.call

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if noun == "subscriptions" and method in ("cancel", "keep"):
            record = books.subscriptions[arguments["request"].ref]
            record.snapshot = replace(record.snapshot, schedule=None)
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


def changes_requests(method: str, change: Callable[[Any, Key], tuple[Any, Key]]) -> Sloppiness:
    """Carry one kind of request out as another one."""

    def sloppy(processor: FakeProcessor) -> None:
        asked = processor.backend.call

        async def call(noun: str, called: str, arguments: Any) -> Any:
            if called == method:
                request, key = change(arguments["request"], arguments["key"])
                arguments = {"request": request, "key": key}
            return await asked(noun, called, arguments)

        processor.backend.call = call  # type: ignore[method-assign,assignment]

    return sloppy


def without(field: str, value: Any) -> Callable[[Any, Key], tuple[Any, Key]]:
    """Ask for everything but one thing."""
    return lambda request, key: (
        replace(request, **{field: value}) if hasattr(request, field) else request,
        key,
    )


keeps_emptied_fields = changes_requests(
    "update",
    lambda request, key: (
        replace(request, metadata={name: text or "-" for name, text in request.metadata.items()}),
        key,
    ),
)
forgets_languages = changes_requests("update", without("locale", None))
forgets_who_moved = changes_requests(
    "assign", lambda request, key: (request, replace(key, operation_id="somebody"))
)
believes_any_place = changes_requests("set_tax_location", without("state", "CA"))
forgets_coupons = changes_requests("create", without("coupon", None))
forgets_tax = changes_requests("create", without("automatic_tax", value=False))


class Limited(FakeProcessor):
    """Declares what it cannot, and does it all the same."""

    @property
    def support(self) -> SupportTable:
        return MappingProxyType({**SUPPORT, Capability.CANCEL_AT_DATE: UNSUPPORTED})


def made(kind: type[FakeProcessor] = FakeProcessor) -> tuple[FakeProcessor, Bench]:
    engine = Engine()
    engine.catalogue.add_price("price_ten", TEN_DOLLARS)
    engine.catalogue.add_price("price_twenty", TEN_DOLLARS * 2)
    for coupon in COUPONS:
        Door(engine).call("discounts", "add_coupon", coupon)
    processor = kind(engine)
    return processor, bench_of(processor, engine.clock)


@pytest.mark.parametrize(
    ("sloppy", "promise"),
    [
        (forgets_keys, CustomerContract().test_the_same_key_creates_once),
        (forgets_keys, CustomerContract().test_a_lost_answer_is_not_a_lost_customer),
        (forgets_keys, SubscribingContract().test_the_same_key_subscribes_once),
        (loses_operations, CustomerContract().test_what_was_created_is_found_by_its_operation),
        (loses_operations, SubscribingContract().test_a_lost_answer_is_not_a_lost_subscription),
        (ignores_endings, EndingContract().test_now),
        (ignores_endings, EndingContract().test_at_the_end_of_the_period),
        (ignores_endings, EndingContract().test_at_a_date),
        (
            keeps_emptied_fields,
            KnownCustomerContract().test_metadata_is_merged_and_an_empty_text_deletes,
        ),
        (forgets_languages, KnownCustomerContract().test_language_and_timezone_are_kept),
        (
            forgets_who_moved,
            AssigningContract().test_a_customer_given_away_names_its_owner_and_the_operation,
        ),
        (forgets_keys, AssigningContract().test_the_last_one_to_give_it_away_is_named),
        (forgets_coupons, DiscountContract().test_a_coupon_takes_its_part_off_the_invoice),
        (forgets_coupons, DiscountContract().test_a_coupon_for_once_counts_no_longer),
        (forgets_coupons, DiscountContract().test_who_has_it_for_nothing_needs_no_card),
        (forgets_tax, AutomaticTaxContract().test_tax_is_on_the_invoice_and_adds_up),
        (forgets_keys, ScheduleContract().test_the_same_key_schedules_once),
        (loses_operations, ScheduleContract().test_a_lost_answer_is_not_a_lost_schedule),
        (stops_its_schedules, ScheduleContract().test_the_next_phase_follows_in_its_time),
        (stops_its_schedules, ScheduleContract().test_one_that_starts_later_begins_in_its_time),
        (keeps_its_plans, ScheduleContract().test_the_phases_to_come_are_planned_anew),
        (keeps_its_plans, ScheduleContract().test_a_released_subscription_goes_on),
        (keeps_its_plans, ScheduleContract().test_a_canceled_one_ends_its_subscription),
    ],
)
async def test_a_sloppy_processor_is_caught(
    sloppy: Sloppiness, promise: Callable[[Any, Bench], Awaitable[None]]
) -> None:
    await promise(*made())

    processor, bench = made()
    sloppy(processor)

    with pytest.raises(AssertionError):
        await promise(processor, bench)


async def test_a_schedule_that_is_passed_over_is_caught() -> None:
    promise = ScheduleContract().test_the_end_of_its_subscription_is_its_own_to_decide
    await promise(*made())
    processor, bench = made()
    forgets_who_drives(processor)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await promise(processor, bench)


@pytest.mark.parametrize(
    ("sloppy", "promise"),
    [
        (believes_any_place, TaxLocationContract().test_an_unknown_place_changes_nothing),
        (forgets_coupons, DiscountContract().test_an_unknown_coupon_starts_nothing),
        (forgets_tax, AutomaticTaxContract().test_nobody_is_taxed_nowhere),
    ],
)
async def test_what_must_be_refused_and_is_not_is_caught(
    sloppy: Sloppiness, promise: Callable[[Any, Bench], Awaitable[None]]
) -> None:
    await promise(*made())

    processor, bench = made()
    sloppy(processor)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await promise(processor, bench)


async def test_unsupported_must_mean_refused() -> None:
    processor, bench = made(Limited)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await EndingContract().test_at_a_date(processor, bench)

    async def refuse(*_: Any, **__: Any) -> Answer:
        raise UnsupportedCapability(processor="fake", capability="cancel_at_date")

    processor.subscriptions.cancel = refuse  # type: ignore[method-assign]
    await EndingContract().test_at_a_date(processor, bench)


async def test_a_lenient_verifier_is_caught() -> None:
    processor, bench = made()
    verify = processor.verify

    def lenient(body: bytes, headers: Any, *, now: Any) -> Any:
        return verify(body, headers, now=min(now, bench.now() + timedelta(minutes=1)))

    processor.verify = lenient  # type: ignore[method-assign]
    with pytest.raises(pytest.fail.Exception):
        await WebhookContract().test_a_webhook_of_another_time_is_refused(
            processor, bench, timedelta(hours=1)
        )


async def test_a_wrong_sum_is_caught(shop: Shop) -> None:
    ref = shop.subscribed()
    (invoice,) = shop.invoices(ref)
    assert_adds_up(invoice)

    for wrong in (
        replace(invoice, subtotal=invoice.subtotal * 2),
        replace(invoice, amount_paid=invoice.amount_paid * 2),
        replace(invoice, currency="eur"),
    ):
        with pytest.raises(AssertionError):
            assert_adds_up(wrong)
