"""Braintree's things as its API holds them, written by hand; every function returns a new one.

A key that Braintree always sends is there, ``None`` when it says nothing. Parts that nobody reads
are left out, except those that the SDK itself cannot do without.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.braintree.wire import Wire

NOON = datetime(2027, 1, 1, 12, 0, 5, tzinfo=UTC)
JANUARY = (date(2027, 1, 1), date(2027, 1, 31))
FEBRUARY = (date(2027, 2, 1), date(2027, 2, 28))
MARCH = (date(2027, 3, 1), date(2027, 3, 31))


def status_event(status: str, at: datetime, **changes: Any) -> Wire:
    """Return one entry of a subscription's history."""
    return {
        "timestamp": at,
        "status": status,
        "user": "merchant@example.com",
        "subscription_source": "api",
        "balance": "0.00",
        "price": "10.00",
        "currency_iso_code": "USD",
        "plan_id": "pro_monthly",
    } | changes


def subscription(**changes: Any) -> Wire:
    """Return a subscription in its first month, paid for."""
    return {
        "add_ons": [],
        "balance": "0.00",
        "billing_day_of_month": 1,
        "billing_period_end_date": JANUARY[1],
        "billing_period_start_date": JANUARY[0],
        "created_at": NOON,
        "updated_at": NOON,
        "current_billing_cycle": 1,
        "days_past_due": None,
        "discounts": [],
        "failure_count": 0,
        "first_billing_date": JANUARY[0],
        "id": "sub_pro",
        "merchant_account_id": "main",
        "never_expires": True,
        "next_bill_amount": "10.00",
        "next_billing_period_amount": "10.00",
        "next_billing_date": FEBRUARY[0],
        "number_of_billing_cycles": None,
        "paid_through_date": JANUARY[1],
        "payment_method_token": "visa1",
        "plan_id": "pro_monthly",
        "price": "10.00",
        "status": "Active",
        "trial_duration": None,
        "trial_duration_unit": None,
        "trial_period": False,
        "descriptor": {"name": None, "phone": None, "url": None},
        "description": None,
        "transactions": [sale()],
        "status_history": [status_event("Active", NOON)],
    } | changes


def trial(**changes: Any) -> Wire:
    """Return a subscription in a trial of two weeks: active, and nothing billed yet."""
    return (
        subscription(
            billing_period_end_date=None,
            billing_period_start_date=None,
            current_billing_cycle=0,
            first_billing_date=date(2027, 1, 15),
            next_billing_date=date(2027, 1, 15),
            paid_through_date=None,
            trial_duration=14,
            trial_duration_unit="day",
            trial_period=True,
            transactions=[],
        )
        | changes
    )


def sale(
    ref: str = "charge1",
    status: str = "submitted_for_settlement",
    *,
    period: tuple[date, date] | None = JANUARY,
    after: timedelta = timedelta(),
    history: tuple[str, ...] | None = None,
    **changes: Any,
) -> Wire:
    """Return a charge of a subscription, made some time after noon of the first day."""
    at = NOON + after
    words = history or ("authorized", status)
    first, last = period or (None, None)
    return {
        "id": ref,
        "status": status,
        "type": "sale",
        "currency_iso_code": "USD",
        "amount": "10.00",
        "merchant_account_id": "main",
        "order_id": None,
        "created_at": at,
        "updated_at": at,
        "customer": {"id": "team42", "first_name": "Team", "last_name": "Forty-Two"},
        "credit_card": {"token": "visa1", "bin": "411111", "last_4": "1111", "card_type": "Visa"},
        "status_history": [
            {
                "timestamp": at + timedelta(minutes=i),
                "status": word,
                "amount": "10.00",
                "user": None,
                "transaction_source": "recurring",
            }
            for i, word in enumerate(words)
        ],
        "plan_id": "pro_monthly",
        "subscription_id": "sub_pro",
        "subscription": {"billing_period_end_date": last, "billing_period_start_date": first},
        "add_ons": [],
        "discounts": [],
        "recurring": True,
    } | changes


def refund(ref: str = "refund1", *, of: str = "charge1", **changes: Any) -> Wire:
    """Return the refund of a charge."""
    return sale(ref, type="credit", refunded_transaction_id=of, **changes)


def card(**changes: Any) -> Wire:
    """Return a Visa card in the vault."""
    return {
        "bin": "411111",
        "card_type": "Visa",
        "cardholder_name": "Ada Lovelace",
        "created_at": NOON,
        "customer_id": "team42",
        "default": True,
        "expiration_month": "05",
        "expiration_year": "2029",
        "expired": False,
        "last_4": "1111",
        "token": "visa1",
        "unique_number_identifier": "fingerprint1",
        "updated_at": NOON,
    } | changes


def paypal(**changes: Any) -> Wire:
    """Return a PayPal account in the vault."""
    return {
        "billing_agreement_id": "B-1",
        "created_at": NOON,
        "customer_id": "team42",
        "default": False,
        "email": "ada@example.com",
        "token": "paypal1",
        "updated_at": NOON,
    } | changes


def customer(**changes: Any) -> Wire:
    """Return a customer of the team 42."""
    return {
        "id": "team42",
        "merchant_id": "merchant1",
        "first_name": "Team",
        "last_name": "Forty-Two",
        "company": None,
        "email": "billing@team42.example",
        "phone": None,
        "fax": None,
        "website": None,
        "created_at": NOON,
        "updated_at": NOON,
        "custom_fields": {"accrue_owner_type": "team", "accrue_owner_id": "42"},
        "credit_cards": [card()],
        "paypal_accounts": [paypal()],
    } | changes
