"""The suite of starts catches a processor that begins or ends subscriptions carelessly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, SupportTable
from accrue_core.contracts.results import Answer
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.testing.contracts.bench import Bench
from accrue_core.testing.contracts.starts import (
    LastInvoiceContract,
    SeveralIntervalsContract,
    StartingContract,
    TrialWithoutCardContract,
)
from accrue_fake import Engine, FakeProcessor
from accrue_fake.processor import SUPPORT
from tests.contracts.test_fake import TEN_DOLLARS, bench_of

pytestmark = pytest.mark.anyio

Promise = Callable[[Any, Bench], Awaitable[None]]
CARELESS = (AssertionError, pytest.fail.Exception)


def dropping(**fields: Any) -> Callable[[FakeProcessor], None]:
    """Make every request as if these of its fields had not been set."""

    def sloppy(processor: FakeProcessor) -> None:
        asked = processor.backend.call

        async def call(noun: str, method: str, arguments: Any) -> Any:
            request = arguments.get("request")
            known = {name: value for name, value in fields.items() if hasattr(request, name)}
            if known:
                arguments = {**arguments, "request": replace(request, **known)}
            return await asked(noun, method, arguments)

        processor.backend.call = call  # type: ignore[method-assign]

    return sloppy


def answering(change: Callable[[Any], Any]) -> Callable[[FakeProcessor], None]:
    """Let every answer about a subscription be another one."""

    def sloppy(processor: FakeProcessor) -> None:
        asked = processor.backend.call

        async def call(noun: str, method: str, arguments: Any) -> Any:
            answer = await asked(noun, method, arguments)
            if noun != "subscriptions" or not isinstance(answer, Answer):
                return answer
            return replace(answer, main=change(answer.main))

        processor.backend.call = call  # type: ignore[method-assign]

    return sloppy


def with_one_period(snapshot: Any) -> Any:
    """Give all items the period of the first."""
    first = snapshot.items[0]
    period = (first.current_period_start, first.current_period_end)
    items = tuple(
        replace(item, current_period_start=period[0], current_period_end=period[1])
        for item in snapshot.items
    )
    return replace(snapshot, items=items)


def with_an_hour_more(snapshot: Any) -> Any:
    """Let every period end a little late."""
    items = tuple(
        replace(item, current_period_end=item.current_period_end + timedelta(hours=1))
        for item in snapshot.items
    )
    return replace(snapshot, items=items)


def made(kind: type[FakeProcessor] = FakeProcessor) -> tuple[FakeProcessor, Bench]:
    engine = Engine()
    engine.catalogue.add_price("price_ten", TEN_DOLLARS)
    engine.catalogue.add_price("price_yearly", TEN_DOLLARS * 10, "year")
    processor = kind(engine)
    return processor, bench_of(processor, engine.clock)


def ends(then: str, status: str) -> Promise:
    """Return the promise that a trial without a card ends in a status."""

    async def promise(processor: Any, bench: Bench) -> None:
        word = SubscriptionStatus(status)
        await TrialWithoutCardContract().test_it_ends_as_was_said(processor, bench, then, word)

    return promise


STARTS, TRIALS, ENDS = StartingContract(), TrialWithoutCardContract(), LastInvoiceContract()
INTERVALS = SeveralIntervalsContract()


@pytest.mark.parametrize(
    ("sloppy", "promise"),
    [
        (dropping(anchor=None), STARTS.test_up_to_an_anchor_a_part_is_paid),
        (dropping(anchor=None), STARTS.test_up_to_an_anchor_it_may_be_free),
        (dropping(anchor=None), STARTS.test_an_anchor_does_not_lie_in_a_trial),
        (dropping(proration="none"), STARTS.test_up_to_an_anchor_a_part_is_paid),
        (dropping(proration="create_prorations"), STARTS.test_up_to_an_anchor_it_may_be_free),
        (answering(with_an_hour_more), STARTS.test_up_to_an_anchor_a_part_is_paid),
        (
            dropping(backdated_to=None),
            STARTS.test_backdated_the_first_invoice_covers_the_time_since,
        ),
        (dropping(backdated_to=None), STARTS.test_backdated_the_time_since_may_be_free),
        (
            dropping(proration="create_prorations"),
            STARTS.test_backdated_the_time_since_may_be_free,
        ),
        (dropping(backdated_to=None), STARTS.test_nothing_is_backdated_to_what_is_to_come),
        (
            dropping(trial_without_card="invoice"),
            TRIALS.test_what_rests_is_not_resumed_for_nothing,
        ),
        (dropping(trial_without_card="pause"), ends("cancel", "canceled")),
        (dropping(trial_without_card="cancel"), ends("pause", "paused")),
        (dropping(trial_without_card="pause"), ends("invoice", "past_due")),
        (dropping(make_default=False), TRIALS.test_with_a_card_it_is_paid_for),
        (
            answering(with_one_period),
            INTERVALS.test_each_item_has_a_period_of_its_own_and_one_invoice_has_them_all,
        ),
        (answering(with_one_period), INTERVALS.test_they_renew_each_in_its_time),
        (dropping(invoice_now=False), ENDS.test_the_unused_rest_is_given_back),
        (dropping(prorate=False), ENDS.test_the_unused_rest_is_given_back),
        (
            dropping(invoice_now=True, prorate=True),
            ENDS.test_without_it_there_is_no_other_invoice,
        ),
        (dropping(invoice_now=False), ENDS.test_a_later_end_is_not_invoiced_now),
    ],
)
async def test_a_sloppy_processor_is_caught(
    sloppy: Callable[[FakeProcessor], None], promise: Promise
) -> None:
    await promise(*made())

    processor, bench = made()
    sloppy(processor)

    with pytest.raises(CARELESS):
        await promise(processor, bench)


@pytest.mark.parametrize(
    ("capability", "promise"),
    [
        (Capability.SUBSCRIBE_WITH_ANCHOR, STARTS.test_up_to_an_anchor_a_part_is_paid),
        (
            Capability.SUBSCRIBE_BACKDATED,
            STARTS.test_backdated_the_first_invoice_covers_the_time_since,
        ),
        (Capability.TRIAL_WITHOUT_CARD, TRIALS.test_with_a_card_it_is_paid_for),
        (
            Capability.SEVERAL_INTERVALS,
            INTERVALS.test_each_item_has_a_period_of_its_own_and_one_invoice_has_them_all,
        ),
        (Capability.CANCEL_WITH_INVOICE, ENDS.test_the_unused_rest_is_given_back),
    ],
)
async def test_unsupported_must_mean_refused(capability: Capability, promise: Promise) -> None:
    class Limited(FakeProcessor):
        """Declares what it cannot, and does it all the same."""

        @property
        def support(self) -> SupportTable:
            return MappingProxyType({**SUPPORT, capability: UNSUPPORTED})

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await promise(*made(Limited))
