"""Subscriptions: started, changed, set to end, kept, and pushed about behind core's back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    PreviewedChange,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_core.money import Money
from accrue_fake.engine.answers import Answers
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.changing import Changing
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.ending import Ending
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.metadata import merged
from accrue_fake.engine.pausing import Pausing
from accrue_fake.engine.records import SubscriptionRecord
from accrue_fake.engine.resting import Resting
from accrue_fake.engine.resuming import Resuming
from accrue_fake.engine.standing import Standing
from accrue_fake.engine.starting import Starting
from accrue_fake.engine.trials import Trials

_RENEWING = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING})


@keeps_time
class Subscriptions:
    """What can be asked about subscriptions."""

    def __init__(
        self,
        books: Books,
        memory: Memory,
        standing: Standing,
        starting: Starting,
        changing: Changing,
        trials: Trials,
        pausing: Pausing,
        resting: Resting,
        resuming: Resuming,
        ending: Ending,
        answers: Answers,
    ) -> None:
        self._books = books
        self._memory = memory
        self._standing = standing
        self._starting = starting
        self._changing = changing
        self._trials = trials
        self._pausing = pausing
        self._resting = resting
        self._resuming = resuming
        self._ending = ending
        self._answers = answers

    def create(self, request: CreateSubscription, *, key: Key, is_charged: bool = True) -> Answer:
        """Start a subscription and ask for its first payment, if one is due.

        Unless it ``is_charged`` that asks nobody: no card is tried, and the subscription is
        incomplete until somebody pays the open invoice, as with ``default_incomplete`` at Stripe.
        """
        return self._memory.once(request, key, partial(self._create, is_charged=is_charged))

    def due_today(self, request: CreateSubscription) -> Money:
        """Say what would be charged at once for a new subscription. Changes nothing."""
        return self._starting.offer(request).due_today

    def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:
        """End it now, when its period runs out, or at a date."""
        return self._memory.once(request, key, self._cancel)

    def keep(self, request: KeepSubscription, *, key: Key) -> Answer:
        """Undo a pending end. Nothing pending is no error: the wish is already met."""
        return self._memory.once(request, key, self._keep)

    def change(self, request: ChangeSubscription, *, key: Key) -> Answer:
        """Make its items be these, once what is invoiced at once is paid for."""
        return self._memory.once(request, key, self._change)

    def preview(self, request: ChangeSubscription) -> PreviewedChange:
        """Say what ``change`` would cost. Changes nothing."""
        return self._changing.preview(self._live(request.ref), request)

    def set_trial_end(self, request: SetTrialEnd, *, key: Key) -> Answer:
        """Let its trial end at another moment, or now."""
        return self._memory.once(request, key, self._set_trial_end)

    def pause(self, request: PauseSubscription, *, key: Key, is_credited: bool = True) -> Answer:
        """Collect nothing for it, or let all of it rest, until it is resumed.

        Unless it ``is_credited``, a rest gives nothing back for the time that was paid for.
        """
        return self._memory.once(request, key, partial(self._pause, is_credited=is_credited))

    def resume(self, request: ResumeSubscription, *, key: Key) -> Answer:
        """Collect again what falls due from now on; what rests begins a new period."""
        return self._memory.once(request, key, self._resume)

    def fetch(self, ref: str) -> Answer:
        """Return it as it is now."""
        return self._answers.fetched(find(self._books.subscriptions, "subscription", ref))

    def find_created(self, key: Key, customer: str) -> Answer | None:
        """Return what ``create`` made under this operation, among the customer's own."""
        record = self._books.customers.get(customer)
        for ref in self._books.made_by.get(key.operation_id, ()):
            if record is not None and ref in record.subscriptions:
                return self._answers.created(self._books.subscriptions[ref])
        return None

    def of_customer(self, ref: str) -> tuple[str, ...]:
        """Return the refs of a customer's subscriptions, oldest first."""
        return tuple(find(self._books.customers, "customer", ref).subscriptions)

    def renewal(self, ref: str) -> Money | None:
        """Say what its next renewal or the end of its trial will charge, if there is one ahead.

        Counted by what is known now: a change, a pause or another address can make it different.
        """
        record = find(self._books.subscriptions, "subscription", ref)
        if record.snapshot.status not in _RENEWING:
            return None
        return self._changing.renewal(record)

    def on_page(self, request: CancelSubscription | KeepSubscription) -> Answer:
        """Do what the customer asks for on a page, where nobody has a key."""
        key = Key("", "")
        if isinstance(request, KeepSubscription):
            return self._keep(request, key)
        return self._cancel(request, key)

    def becomes(self, ref: str, status: SubscriptionStatus | str) -> Answer:
        """Give it a status from outside, as a seller does in the processor's dashboard.

        ``canceled`` ends it like any cancellation. Invoices are left as they are.
        """
        record = find(self._books.subscriptions, "subscription", ref)
        if status not in tuple(SubscriptionStatus):
            raise InvalidRequest(f"a subscription is never {status!r}")
        status = SubscriptionStatus(status)
        if status == SubscriptionStatus.CANCELED:
            self._standing.end(record)
        elif status == SubscriptionStatus.INCOMPLETE_EXPIRED:
            self._standing.expire(record)
        else:
            self._standing.becomes(record, status)
        return self.fetch(ref)

    def edit(self, ref: str, *, quantity: int) -> Answer:
        """Change the quantity of its first item from outside, from the next invoice on."""
        record = find(self._books.subscriptions, "subscription", ref)
        first, *others = record.snapshot.items
        items = (replace(first, quantity=quantity), *others)
        record.snapshot = replace(record.snapshot, items=items)
        self._standing.announce(record)
        return self.fetch(ref)

    def describe(self, ref: str, metadata: Mapping[str, str], *, is_told: bool = True) -> Answer:
        """Let its metadata be exactly this, ours included.

        ``is_told`` is false for a listener that completes what is just being told.
        """
        record = find(self._books.subscriptions, "subscription", ref)
        after = replace(record.snapshot, metadata=merged({}, metadata))
        self._becomes(record, after, is_told=is_told)
        return self.fetch(ref)

    def charge_to(self, ref: str, card: str | None) -> Answer:
        """Charge it to a card of its own from now on, or to its customer's default."""
        record = find(self._books.subscriptions, "subscription", ref)
        owned = self._books.customers[record.snapshot.customer].payment_methods
        if card is not None and card not in owned:
            raise ProcessorRejected(
                "this payment method is not attached to the customer",
                param="default_payment_method",
            )
        self._becomes(record, replace(record.snapshot, default_payment_method=card))
        return self.fetch(ref)

    def _becomes(
        self, record: SubscriptionRecord, after: SubscriptionSnapshot, *, is_told: bool = True
    ) -> None:
        if after != record.snapshot:
            record.snapshot = after
            if is_told:
                self._standing.announce(record)

    def _create(self, request: CreateSubscription, key: Key, *, is_charged: bool) -> Answer:
        return self._answers.created(self._starting.start(request, key, is_charged=is_charged))

    def _cancel(self, request: CancelSubscription, _: Key) -> Answer:
        record = self._live(request.ref)
        if request.when != "now":
            _require_unscheduled(record)
        invoice = self._ending.cancel(record, request)
        return self._answers.changed(record, invoice)

    def _keep(self, request: KeepSubscription, _: Key) -> Answer:
        record = self._live(request.ref)
        _require_unscheduled(record)
        self._ending.keep(record)
        return self._answers.fetched(record)

    def _change(self, request: ChangeSubscription, _: Key) -> Answer:
        record = self._live(request.ref)
        invoice = self._changing.change(record, request)
        return self._answers.changed(record, invoice)

    def _set_trial_end(self, request: SetTrialEnd, _: Key) -> Answer:
        record = self._live(request.ref)
        before = len(record.invoices)
        self._trials.set_end(record, request)
        drawn = [self._books.invoices[ref] for ref in record.invoices[before:]]
        return self._answers.changed(record, drawn[0] if drawn else None)

    def _pause(self, request: PauseSubscription, _: Key, *, is_credited: bool) -> Answer:
        record = self._live(request.ref)
        if request.behavior == "none":
            _require_open(request)
            self._resting.rest(record, is_credited=is_credited)
        else:
            self._pausing.pause(record, request)
        return self._answers.fetched(record)

    def _resume(self, request: ResumeSubscription, _: Key) -> Answer:
        record = self._live(request.ref)
        invoice = None
        if record.snapshot.status == SubscriptionStatus.PAUSED:
            invoice = self._resuming.resume(record)
        self._pausing.resume(record)
        return self._answers.changed(record, invoice)

    def _live(self, ref: str) -> SubscriptionRecord:
        record = find(self._books.subscriptions, "subscription", ref)
        if record.is_ended:
            raise ProcessorRejected(
                f"subscription {ref} has ended and cannot be changed", reason="ended"
            )
        return record


def _require_open(request: PauseSubscription) -> None:
    """Refuse an end of a rest that is known ahead: Stripe has none."""
    if request.resumes_at is not None:
        raise ProcessorRejected("a rest is ended by resuming it", param="resumes_at")


def _require_unscheduled(record: SubscriptionRecord) -> None:
    """Refuse what only a schedule may decide while one drives the subscription, as Stripe does."""
    schedule = record.snapshot.schedule
    if schedule is not None:
        raise ProcessorRejected(
            f"the end of this subscription is managed by its schedule {schedule}: change that",
            reason="scheduled",
        )
