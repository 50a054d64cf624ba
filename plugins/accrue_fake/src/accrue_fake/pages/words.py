"""What the pages say about prices, subscriptions and cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_core.money import Money
from accrue_core.pages.words import day, money
from accrue_fake.engine.cards import TOKENS
from accrue_fake.engine.records import ENDED, Price

SAID: Mapping[str, str] = MappingProxyType(
    {
        "card": "The card is saved. It is used for the next payment.",
        "canceled": "The subscription will end with its period. Until then nothing changes.",
        "kept": "The subscription goes on.",
        "paid": "The invoice is paid. Thank you.",
        "refused": "Your bank knows that it was not you",
        "confirmed": "Your bank is satisfied",
    }
)
"""What a page says once something is done, by the word in its address."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a form did not do what it was sent for."""

    title: str
    advice: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A test card to choose, and what it will do."""

    token: str
    brand: str
    last4: str
    deed: str


_BRANDS = {"visa": "Visa", "mastercard": "Mastercard"}
_AT_ONCE = {
    "pm_card_visa": "Pays now and at every renewal",
    "pm_card_mastercard": "Pays now and at every renewal",
    "pm_card_chargeDeclined": "Is declined",
    "pm_card_authenticationRequired": "Your bank asks for you first, then it pays",
    "pm_card_failsAtRenewal": "Pays now and fails at the first renewal",
}
_LATER = {
    "pm_card_visa": "Pays whenever a payment is due",
    "pm_card_mastercard": "Pays whenever a payment is due",
    "pm_card_chargeDeclined": "Is declined",
    "pm_card_authenticationRequired": "Your bank asks for you first, then it is kept",
    "pm_card_failsAtRenewal": "Pays once and fails at the renewal after that",
}


def choices(*, is_charged: bool) -> tuple[Choice, ...]:
    """Return the test cards there are; ``is_charged`` when one is charged as it is chosen."""
    deeds = _AT_ONCE if is_charged else _LATER
    return tuple(
        Choice(token, brand(card.brand), card.last4, deeds[token]) for token, card in TOKENS.items()
    )


def brand(word: str | None) -> str:
    """Return a card's brand as it calls itself."""
    return _BRANDS.get(word or "", (word or "card").capitalize())


def thing(price: Price) -> str:
    """Return what a price is for; without a product, its ref in words.

    >>> thing(Price(ref="price_pro_monthly", money=Money(100, "usd")))
    'Pro monthly'
    """
    return price.product or _in_words(price.ref)


def described(line: InvoiceLineSnapshot) -> str:
    """Return what an invoice's line is about; a ref that stands in for a product, in words."""
    ref = line.price or ""
    return (line.description or ref).replace(ref, _in_words(ref)) if ref else line.description or ""


def _in_words(ref: str) -> str:
    return ref.removeprefix("price_").replace("_", " ").strip().capitalize() or ref


def per(price: Price) -> str:
    """Return how often a price is paid: ``per month``, ``every 3 months``."""
    if price.interval_count == 1:
        return f"per {price.interval}"
    return f"every {price.interval_count} {price.interval}s"


def payer(customer: CustomerSnapshot) -> str:
    """Return who pays, as far as anybody said."""
    return customer.name or customer.email or ""


def place(url: str) -> str:
    """Return where an address leads, for people."""
    return urlsplit(url).hostname or ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription in plain words, and what can be done about it."""

    ref: str
    title: str
    status: SubscriptionStatus
    cost: str
    sentence: str
    end: str
    can_cancel: bool
    can_keep: bool

    @property
    def is_over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in ENDED


def standing(
    subscription: SubscriptionSnapshot, prices: Mapping[str, Price], renewal: Money | None
) -> Standing:
    """Say how a subscription stands; ``renewal`` is what it will charge next, if it will."""
    bought = [(prices[item.price], item.quantity or 0) for item in subscription.items]
    first = bought[0][0]
    total = Money(sum(price.money.minor * n for price, n in bought), first.money.currency)
    is_over, is_ending = subscription.status in ENDED, subscription.cancel_at is not None
    end = subscription.items[0].current_period_end
    names = (thing(price) if n == 1 else f"{n} × {thing(price)}" for price, n in bought)
    return Standing(
        ref=subscription.ref,
        title=", ".join(names),
        status=subscription.status,
        cost=f"{money(total)} {per(first)}",
        sentence=_sentence(subscription, renewal),
        end=day(end),
        can_cancel=not is_over and not is_ending,
        can_keep=not is_over and is_ending,
    )


def _sentence(subscription: SubscriptionSnapshot, renewal: Money | None) -> str:
    ends = (item.current_period_end for item in subscription.items)
    end = day(min((end for end in ends if end is not None), default=None))
    if subscription.status in ENDED:
        return f"Ended on {day(subscription.ended_at)}."
    if subscription.cancel_at is not None:
        return f"Ends on {day(subscription.cancel_at)}. Until then nothing changes."
    match subscription.status:
        case SubscriptionStatus.TRIALING:
            if not renewal:
                return f"Free until {end}. Nothing is charged on that day."
            return f"Free until {end}. The first payment of {money(renewal)} is on that day."
        case SubscriptionStatus.PAST_DUE:
            return "The last payment failed. It will be tried again with your default card."
        case SubscriptionStatus.UNPAID:
            return "The last payment failed, and it is not tried again by itself."
        case SubscriptionStatus.INCOMPLETE:
            return "The first payment is not made yet."
        case SubscriptionStatus.PAUSED:
            return "Paused. Nothing is charged."
    if subscription.pending_until is not None:
        return "A change waits for its payment. Until then nothing is different."
    if subscription.collection_paused is not None:
        until = day(subscription.collection_resumes_at)
        return f"Nothing is charged until {until}." if until else "Nothing is charged for now."
    if not renewal:
        return f"Renews on {end}. Nothing is charged on that day."
    return f"Renews on {end} for {money(renewal)}."
