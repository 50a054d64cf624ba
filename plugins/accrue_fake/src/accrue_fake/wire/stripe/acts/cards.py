"""Test cards: Stripe's tokens and numbers, and which card of the engine's each stands for."""

from __future__ import annotations

from types import MappingProxyType

from accrue_fake.engine.cards import FAILS_ON_NTH, REFUSED_AT_ONCE, TOKENS, TestCard, card_of
from accrue_fake.engine.records import Behavior
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import Refused, declined, invalid, missing

_GOOD = TestCard("visa", "4242", Behavior.GOOD)
_DECLINES_LATER = TestCard("visa", "0341", Behavior.DECLINES)
_ASKS = TOKENS["pm_card_authenticationRequired"]
_CARDS = MappingProxyType(
    {
        **TOKENS,
        "pm_card_visa_debit": TestCard("visa", "5556", Behavior.GOOD),
        "pm_card_amex": TestCard("amex", "8431", Behavior.GOOD),
        "pm_card_discover": TestCard("discover", "9424", Behavior.GOOD),
        "pm_card_us": _GOOD,
        "pm_card_chargeCustomerFail": _DECLINES_LATER,
        "pm_card_threeDSecure2Required": _ASKS,
        "pm_card_threeDSecureRequired": _ASKS,
        "pm_card_authenticationRequiredOnSetup": _ASKS,
    }
)
_DECLINED_AT_ONCE = MappingProxyType(
    {
        REFUSED_AT_ONCE: ("card_declined", "generic_decline"),
        "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
        "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card"),
        "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
        "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
        "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
        "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
    }
)
"""Cards that are refused when they are to be kept: code and reason."""

_NUMBERS = MappingProxyType(
    {
        "4242424242424242": "pm_card_visa",
        "5555555555554444": "pm_card_mastercard",
        "378282246310005": "pm_card_amex",
        "4000000000000002": "pm_card_chargeDeclined",
        "4000000000000341": "pm_card_chargeCustomerFail",
        "4000000000009995": "pm_card_chargeDeclinedInsufficientFunds",
        "4000002500003155": "pm_card_authenticationRequired",
        "4000002760003184": "pm_card_authenticationRequired",
        "4000000000003220": "pm_card_threeDSecure2Required",
    }
)
"""Stripe's published test numbers. Another number is refused: nobody types a real one in here."""


def is_token(ref: str) -> bool:
    """Whether this is a test token, which makes a card of its own at each use."""
    is_numbered = FAILS_ON_NTH.fullmatch(ref) is not None
    return is_numbered or ref in _CARDS or ref in _DECLINED_AT_ONCE


def made(desk: Desk, token: str, *, param: str) -> str:
    """Make a card of nobody's from a test token."""
    if token in _DECLINED_AT_ONCE:
        code, reason = _DECLINED_AT_ONCE[token]
        raise refused(code, reason)
    if not is_token(token):
        raise missing("payment_method", token, param=param, status=400)
    return str(desk.engine.payment_methods.make(token, card_behind(token)).main.ref)


def loose(desk: Desk, params: Params) -> str | None:
    """Return the card that is named, if one is, made from a test token where it is one."""
    ref = params.text("payment_method")
    if ref is not None and is_token(ref):
        return made(desk, ref, param="payment_method")
    if ref is not None:
        desk.require("payment_method", ref, param="payment_method")
    return ref


def attached(desk: Desk, ref: str, customer: str, *, param: str) -> str:
    """Give a customer a card, from a test token or one that is nobody's; return its id."""
    if is_token(ref):
        ref = made(desk, ref, param=param)
    desk.require("payment_method", ref, param=param)
    owner = desk.engine.books.cards[ref].snapshot.customer
    if owner == customer:
        return ref
    if owner is not None:
        raise invalid("The payment method you provided has already been attached to a customer.")
    if desk.account.facts.get(ref, {}).get("is_used"):
        raise invalid("This payment method was detached from a customer, and cannot be used again.")
    desk.engine.payment_methods.give(ref, customer)
    return ref


def token_of(card: Params) -> str:
    """Return the test token behind ``card[token]`` or ``card[number]``."""
    token, number = card.text("token"), card.text("number")
    if token is not None:
        found = "pm_card_" + token.removeprefix("tok_")
        if not token.startswith("tok_") or not is_token(found):
            raise missing("token", token, param=card.name_of("token"), status=400)
        return found
    digits = (number or "").replace(" ", "")
    if digits not in _NUMBERS:
        raise Refused(
            402,
            "Your card number is incorrect: the Fake takes Stripe's test numbers only.",
            type_="card_error",
            code="incorrect_number",
            param="number",
        )
    return _NUMBERS[digits]


def card_behind(token: str) -> TestCard:
    """Return the card that a token stands for."""
    return _CARDS[token] if token in _CARDS else card_of(token)


def refused(code: str, reason: str) -> Refused:
    """Say that a bank will not have a card kept."""
    return declined(reason, code=code)
