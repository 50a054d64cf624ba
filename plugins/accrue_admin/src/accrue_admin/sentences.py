"""What ledger events, actors and causes are called on a page: one short sentence each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.errors import InvalidRequest
from accrue_core.ids import kind_of
from accrue_core.ledger.chain import view
from accrue_core.ledger.models import LedgerEntry
from accrue_core.money import Money
from accrue_core.pages.words import label, money, short_day

_log = logging.getLogger("accrue.admin")

Data = Mapping[str, Any]

EVENTS: Mapping[str, tuple[str, Callable[[Data], str]]] = {
    "customer.created": ("quiet", lambda _: "Customer created"),
    "customer.default_payment_method_changed": (
        "quiet",
        lambda _: "Another payment method became the default",
    ),
    "customer.moved": (
        "notice",
        lambda d: f"Moved to the owner {d['after']}, was {d['before'] or 'nobody’s'}",
    ),
    "customer.tax_location_updated": (
        "quiet",
        lambda d: f"Tax location: {_low(d['after'])}, was {_low(d['before'])}",
    ),
    "payment_method.attached": ("quiet", lambda _: "Payment method added"),
    "payment_method.detached": ("quiet", lambda _: "Payment method removed"),
    "subscription.started": ("good", lambda d: f"Subscription started, {_low(d['status'])}"),
    "subscription.activated": ("good", lambda d: f"Became active, was {_low(d['before'])}"),
    "subscription.past_due": ("bad", lambda _: "Renewal not paid: past due"),
    "subscription.ended": ("quiet", lambda d: f"Subscription ended, was {_low(d['before'])}"),
    "subscription.status_changed": (
        "notice",
        lambda d: f"Went from {_low(d['before'])} to {_low(d['after'])}",
    ),
    "subscription.cancellation_scheduled": ("notice", lambda d: f"Set to end {_end(d)}"),
    "subscription.cancellation_undone": ("good", lambda _: "Kept: the pending end was taken back"),
    "subscription.renewed": ("good", lambda d: f"Renewed until {_day(d['period_end'])}"),
    "subscription.items_changed": (
        "notice",
        lambda d: f"Items changed to {', '.join(map(_item, d['after'])) or 'none'}",
    ),
    "subscription.change_pending": (
        "notice",
        lambda d: f"A change waits to be paid for, until {_day(d['until'])}",
    ),
    "subscription.change_lapsed": ("quiet", lambda _: "A change was not paid for and lapsed"),
    "subscription.trial_end_changed": (
        "notice",
        lambda d: f"The trial now ends on {_day(d['after'])}",
    ),
    "subscription.trial_ending": (
        "notice",
        lambda d: f"Announced that the trial ends on {_day(d['trial_end'])}",
    ),
    "subscription.comped": ("notice", lambda _: "Given for nothing from now on"),
    "schedule.created": ("quiet", lambda d: f"Schedule made, {_low(d['status'])}"),
    "schedule.planned": ("notice", lambda _: "The phases of the schedule changed"),
    "schedule.phase_entered": (
        "notice",
        lambda d: f"Phase {d['place'] + 1} of the schedule began, until {_day(d['until'])}",
    ),
    "schedule.completed": ("quiet", lambda _: "The schedule is over"),
    "schedule.released": ("notice", lambda _: "The schedule was released: it goes on without"),
    "schedule.canceled": ("quiet", lambda _: "The schedule was canceled, with what it drove"),
    "subscription.collection_paused": (
        "notice",
        lambda d: f"Collection paused: invoices {_PAUSE[d['behavior']]}",
    ),
    "subscription.collection_resumed": ("good", lambda _: "Collection resumed"),
    "invoice.created": ("quiet", lambda d: f"Invoice drawn: {_amount(d, 'total')}"),
    "invoice.finalized": ("quiet", lambda d: f"Invoice final: {_amount(d, 'amount_due')} due"),
    "invoice.paid": ("good", lambda d: f"Invoice paid: {_amount(d, 'amount_paid')}"),
    "invoice.payment_failed": (
        "bad",
        lambda d: (
            f"Payment failed, attempt {d['attempts']}: {_amount(d, 'amount_remaining')} still due"
        ),
    ),
    "invoice.voided": ("quiet", lambda _: "Invoice voided"),
    "invoice.marked_uncollectible": (
        "bad",
        lambda d: f"Given up as uncollectible: {_amount(d, 'amount_remaining')}",
    ),
    "checkout_session.opened": ("quiet", lambda _: "Checkout opened"),
    "checkout_session.completed": ("good", lambda _: "Checkout completed"),
    "checkout_session.expired": ("quiet", lambda _: "Checkout expired"),
}
"""The tone and the words of each event; those that every noun has are below."""

_PAUSE: Mapping[str, str] = {
    "void": "are voided",
    "keep_as_draft": "stay drafts",
    "mark_uncollectible": "are written off",
}

NOUNS = (
    "customer", "payment_method", "subscription", "invoice", "checkout_session", "schedule",
)  # fmt: skip

_EVERY_NOUN: Mapping[str, tuple[str, Callable[[str, Data], str]]] = {
    "updated": ("quiet", lambda noun, d: f"{label(noun)} changed: {_fields(d['changed'])}"),
    "unreadable": ("bad", lambda noun, d: f"{label(noun)} has the unknown status “{d['word']}”"),
    "gone": ("notice", lambda noun, _: f"{label(noun)} deleted at the processor"),
}

TYPES: tuple[str, ...] = tuple(
    sorted({*EVENTS, *(f"{noun}.{word}" for noun in NOUNS for word in _EVERY_NOUN)})
)
"""Every event type there is, to choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry, told. ``is_readable`` is false for bytes that are no entry of ours."""

    id: str
    type: str
    sentence: str
    tone: str
    at: datetime
    subject: str
    customer_id: str | None
    actor: str
    cause: str
    is_readable: bool = True

    @property
    def subject_kind(self) -> str | None:
        """What kind of thing it is about."""
        return kind_of(self.subject)


def tell(entry: LedgerEntryView) -> Told:
    """Return an entry in words; an event that nobody has words for is called by its type."""
    tone, sentence = _sentence(entry.type, entry.data)
    return Told(
        id=entry.id,
        type=entry.type,
        sentence=sentence,
        tone=tone,
        at=entry.at,
        subject=entry.subject,
        customer_id=entry.customer_id,
        actor=entry.actor,
        cause=entry.cause,
    )


def tell_stored(entry: LedgerEntry) -> Told:
    """Return a stored entry in words, also one whose bytes somebody has made unreadable."""
    try:
        return tell(view(entry))
    except (ValueError, KeyError, TypeError, RecursionError):
        _log.error("ledger entry %s cannot be read", entry.id)
        return Told(
            id=entry.id,
            type=entry.type,
            sentence="This entry cannot be read: verify the ledger",
            tone="bad",
            at=entry.at,
            subject=entry.subject,
            customer_id=entry.customer_id,
            actor="",
            cause="",
            is_readable=False,
        )


def actor_words(actor: str) -> str:
    """Return who did it: ``operator:17`` is ``Operator 17``.

    >>> actor_words("operator:17"), actor_words("job:refresh"), actor_words("webhook")
    ('Operator 17', 'Job refresh', 'Webhook')
    """
    kind, _, id_ = actor.partition(":")
    return f"{kind.capitalize()} {id_}".strip()


def cause_words(cause: str) -> str:
    """Return what led to an entry, in a word.

    >>> cause_words("webhook:evt_1"), cause_words("operation:aop_1"), cause_words("refresh")
    ('webhook', 'operation', 'refresh')
    """
    return cause.partition(":")[0]


def event_ref(cause: str) -> str | None:
    """Return the ref of the event that a webhook announced, when that was the cause.

    >>> event_ref("webhook:evt_1")
    'evt_1'
    """
    kind, _, ref = cause.partition(":")
    return ref if kind == "webhook" and ref else None


def _sentence(type_: str, data: Data) -> tuple[str, str]:
    noun, _, happened = type_.partition(".")
    try:
        if type_ in EVENTS:
            tone, words = EVENTS[type_]
            return tone, words(data)
        if happened in _EVERY_NOUN:
            tone, of_noun = _EVERY_NOUN[happened]
            return tone, of_noun(noun, data)
    except (KeyError, TypeError, ValueError, InvalidRequest):
        return "quiet", label(type_)
    return "quiet", label(type_)


def _low(word: str) -> str:
    return label(word).lower()


def _day(text: str | None) -> str:
    return short_day(datetime.fromisoformat(text)) if text else "an unknown day"


def _end(data: Data) -> str:
    if data["at_period_end"] or not data["cancel_at"]:
        return "with the period"
    return f"on {_day(data['cancel_at'])}"


def _item(text: str) -> str:
    """Return an item as pages write it; one of something needs no number."""
    price, _, quantity = text.rpartition(" x ")
    return text if not price else price if quantity == "1" else f"{price} × {quantity}"


def _amount(data: Data, field: str) -> str:
    return money(Money(data[field], data["currency"]))


def _fields(changed: list[str]) -> str:
    shown = [label(field).lower() for field in changed[:4]]
    return ", ".join([*shown, "more"] if len(changed) > 4 else shown)
