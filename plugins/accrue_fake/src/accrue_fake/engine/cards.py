"""Cards: the test tokens there are, and how each card answers a charge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import Behavior, CardRecord
from accrue_fake.engine.scenarios import Scenarios


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card as printed, and how it behaves."""

    __test__ = False

    brand: str
    last4: str
    behavior: Behavior
    fails_on: int | None = None


TOKENS: Mapping[str, TestCard] = MappingProxyType(
    {
        "pm_card_visa": TestCard("visa", "4242", Behavior.GOOD),
        "pm_card_mastercard": TestCard("mastercard", "4444", Behavior.GOOD),
        "pm_card_chargeDeclined": TestCard("visa", "0002", Behavior.DECLINES),
        "pm_card_authenticationRequired": TestCard("visa", "3220", Behavior.AUTHENTICATES),
        "pm_card_failsAtRenewal": TestCard("visa", "0341", Behavior.FAILS_LATER),
    }
)
"""The cards that can be attached, by token. Names follow Stripe's test tokens where it has one."""

FAILS_ON_NTH = re.compile(r"pm_fake_fails_on_([1-9]\d{0,3})", re.ASCII)
"""``pm_fake_fails_on_3`` and its like: a good card whose third charge is declined, and only that.

Every attempt counts, so a retry of the one that failed goes through.
"""

REFUSED_AT_ONCE = "pm_card_declinedOnAttach"
"""A token that is read and then declined: the way to a ``CardDeclined`` from a gateway."""


class Charge(StrEnum):
    """What became of one attempt to charge."""

    PAID = "paid"
    DECLINED = "declined"
    WAITS = "waits"


def card_of(token: str) -> TestCard:
    """Return the card behind a test token, or the processor's refusal."""
    if token == REFUSED_AT_ONCE:
        raise CardDeclined(reason="card_declined")
    numbered = FAILS_ON_NTH.fullmatch(token)
    if numbered is not None:
        return TestCard("visa", "0341", Behavior.GOOD, fails_on=int(numbered[1]))
    if token not in TOKENS:
        raise ProcessorRejected("no such payment method", reason="missing", param="payment_method")
    return TOKENS[token]


def card_on_file(books: Books, customer: str, subscription: str | None) -> CardRecord | None:
    """Return the subscription's own card while it is attached, else the customer's default."""
    owner, record = books.customers[customer], books.subscriptions.get(subscription or "")
    own = None if record is None else record.snapshot.default_payment_method
    for ref in (own, owner.snapshot.default_payment_method):
        if ref in owner.payment_methods:
            return books.cards[ref]
    return None


class Cards:
    """Decides each attempt to charge; the only place that knows what a behavior means."""

    def __init__(self, scenarios: Scenarios) -> None:
        self._scenarios = scenarios

    def present(self, card: TestCard, *, customer: str, is_charged: bool) -> Charge:
        """Ask the bank about a card on a page: to charge it now, or to keep it for later.

        The customer is there. A bank that declines every charge does not let the card be kept,
        and one that wants to see its customer wants that for keeping it, too.
        """
        if is_charged and (self._scenarios.declines(customer) or card.fails_on == 1):
            return Charge.DECLINED
        match card.behavior:
            case Behavior.DECLINES:
                return Charge.DECLINED
            case Behavior.AUTHENTICATES:
                return Charge.WAITS
        return Charge.PAID

    def charge(self, card: CardRecord | None, *, customer: str, on_session: bool) -> Charge:
        """Charge a card, or none at all, which is declined like a bad one.

        A card that authenticates waits for the customer whenever the customer is there
        (Stripe's on-session payments), and once authenticated pays alone afterwards.
        """
        ref = None if card is None else card.snapshot.ref
        is_struck = self._scenarios.declines(customer, ref)
        if card is None:
            return Charge.DECLINED
        if card.fails_now() or is_struck:
            return Charge.DECLINED
        match card.behavior:
            case Behavior.DECLINES:
                return Charge.DECLINED
            case Behavior.FAILS_LATER if card.charges > 0:
                return Charge.DECLINED
            case Behavior.AUTHENTICATES if on_session or not card.is_authenticated:
                return Charge.WAITS
        card.charges += 1
        return Charge.PAID
