"""Stripe's payment method to ours."""

from __future__ import annotations

from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.results import GoneSnapshot
from accrue_stripe.translate.reading import is_deleted, reader

_ACCOUNTS = frozenset(
    {"acss_debit", "au_becs_debit", "bacs_debit", "sepa_debit", "us_bank_account"}
)
"""Kinds other than cards whose details have a ``last4`` and a ``fingerprint``, maybe null."""


def payment_method(data: object) -> PaymentMethodSnapshot | GoneSnapshot:
    """Read a payment method. Detached is not deleted: it has no customer any more.

    Its type decides nothing here and is kept as Stripe writes it, so a kind of payment that did
    not exist yesterday is readable; it just has no last four digits that we know of.
    """
    found = reader(data, "payment_method")
    if is_deleted(found):
        return GoneSnapshot("payment_method", found.text("id"))
    type_ = found.text("type")
    card = found.inner("card") if type_ == "card" else None
    account = found.inner(type_) if type_ in _ACCOUNTS else None
    details = card or account
    return PaymentMethodSnapshot(
        ref=found.text("id"),
        customer=found.ref_or_none("customer"),
        type=type_,
        brand=card and card.text("brand"),
        last4=card.text("last4") if card else account and account.text_or_none("last4"),
        exp_month=card and card.whole("exp_month"),
        exp_year=card and card.whole("exp_year"),
        fingerprint=details and details.text_or_none("fingerprint"),
        created_at=found.moment("created"),
    )
