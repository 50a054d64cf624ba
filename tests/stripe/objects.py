"""Stripe objects as the API writes them at 2026-10-28.endive, written by hand.

Every function returns a new object, so that a test may change it. A key that Stripe always sends
is there, null when it says nothing. Invoices are in ``invoice_objects``.
"""

from __future__ import annotations

import copy
from typing import Any

Json = dict[str, Any]

JANUARY = 1_798_761_600
FEBRUARY = 1_801_440_000
NOON = 1_798_804_800


def envelope(url: str, *items: Json, has_more: bool = False) -> Json:
    """Return a list as Stripe wraps it."""
    return {"object": "list", "data": list(items), "has_more": has_more, "url": url}


def customer() -> Json:
    """Return a customer of the team 42."""
    return {
        "id": "cus_TeamFortyTwo",
        "object": "customer",
        "address": None,
        "balance": 0,
        "business_name": None,
        "created": JANUARY,
        "currency": "usd",
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": "billing@team42.example",
        "individual_name": None,
        "invoice_prefix": "TEAM42",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": "pm_Visa4242",
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {"accrue_owner_type": "team", "accrue_owner_id": "42"},
        "name": "Team Forty-Two",
        "next_invoice_sequence": 2,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax": {
            "automatic_tax": "unrecognized_location",
            "ip_address": None,
            "location": None,
            "provider": "stripe",
        },
        "tax_exempt": "none",
        "test_clock": None,
    }


def card() -> Json:
    """Return the payment method of a Visa card."""
    return {
        "id": "pm_Visa4242",
        "object": "payment_method",
        "allow_redisplay": "always",
        "billing_details": {
            "address": {
                "city": None,
                "country": "DE",
                "line1": None,
                "line2": None,
                "postal_code": None,
                "state": None,
            },
            "email": None,
            "name": "Forty Two",
            "phone": None,
            "tax_id": None,
        },
        "card": {
            "brand": "visa",
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "US",
            "display_brand": "visa",
            "exp_month": 8,
            "exp_year": 2030,
            "fingerprint": "Xt5EWLLDS7FJjR1c",
            "funding": "credit",
            "generated_from": None,
            "last4": "4242",
            "networks": {"available": ["visa"], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": JANUARY,
        "customer": "cus_TeamFortyTwo",
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def bank_account() -> Json:
    """Return a payment method that is no card."""
    method = card()
    del method["card"]
    return method | {
        "id": "pm_SepaDebit",
        "type": "sepa_debit",
        "sepa_debit": {
            "bank_code": "37040044",
            "branch_code": "",
            "country": "DE",
            "fingerprint": "kd8Zp2aYtqv1mcBw",
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": "3000",
        },
    }


def price() -> Json:
    """Return the monthly price of the plan pro."""
    return {
        "id": "price_ProMonthly",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": JANUARY,
        "currency": "usd",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": "prod_Pro",
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "exclusive",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": 1900,
        "unit_amount_decimal": "1900",
    }


def product(ref: str = "prod_Pro", name: str = "Pro") -> Json:
    """Return what the price is a price of."""
    return {
        "id": ref,
        "object": "product",
        "active": True,
        "created": JANUARY,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": "service",
        "unit_label": None,
        "updated": JANUARY,
        "url": None,
    }


def _plan() -> Json:
    return {
        "id": "price_ProMonthly",
        "object": "plan",
        "active": True,
        "amount": 1900,
        "amount_decimal": "1900",
        "billing_scheme": "per_unit",
        "created": JANUARY,
        "currency": "usd",
        "interval": "month",
        "interval_count": 1,
        "livemode": False,
        "metadata": {},
        "meter": None,
        "nickname": None,
        "product": "prod_Pro",
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def subscription_item(ref: str = "si_Pro") -> Json:
    """Return an item with a period of its own."""
    return {
        "id": ref,
        "object": "subscription_item",
        "billed_until": FEBRUARY,
        "billing_thresholds": None,
        "created": JANUARY,
        "current_period_end": FEBRUARY,
        "current_period_start": JANUARY,
        "current_trial": None,
        "discounts": [],
        "metadata": {},
        "plan": _plan(),
        "price": price(),
        "quantity": 3,
        "subscription": "sub_Pro",
        "tax_rates": [],
    }


_SUBSCRIPTION: Json = {
    "id": "sub_Pro",
    "object": "subscription",
    "application": None,
    "application_fee_percent": None,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_cycle_anchor": JANUARY,
    "billing_cycle_anchor_config": None,
    "billing_mode": {
        "flexible": {"proration_discounts": "included"},
        "type": "flexible",
        "updated_at": JANUARY,
    },
    "billing_schedules": [],
    "billing_thresholds": None,
    "cancel_at": None,
    "cancel_at_period_end": False,
    "canceled_at": None,
    "cancellation_details": {
        "comment": None,
        "feedback": None,
        "feedback_option": None,
        "reason": None,
    },
    "collection_method": "charge_automatically",
    "created": JANUARY,
    "currency": "usd",
    "customer": "cus_TeamFortyTwo",
    "customer_account": None,
    "days_until_due": None,
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": [],
    "ended_at": None,
    "invoice_settings": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": {"account": None, "type": "self"},
    },
    "items": envelope("/v1/subscription_items?subscription=sub_Pro", subscription_item()),
    "latest_invoice": "in_First",
    "livemode": False,
    "managed_payments": None,
    "metadata": {"campaign": "winter"},
    "next_pending_invoice_item_invoice": None,
    "on_behalf_of": None,
    "pause_collection": None,
    "payment_settings": {
        "payment_method_options": None,
        "payment_method_types": None,
        "save_default_payment_method": "off",
    },
    "pending_invoice_item_interval": None,
    "pending_setup_intent": None,
    "pending_update": None,
    "presentment_details": None,
    "schedule": None,
    "start_date": JANUARY,
    "status": "active",
    "status_details": None,
    "test_clock": None,
    "transfer_data": None,
    "trial_end": None,
    "trial_settings": {
        "end_behavior": {
            "billing_cycle_anchor": "unchanged",
            "missing_payment_method": "create_invoice",
        }
    },
    "trial_start": None,
}


def subscription() -> Json:
    """Return an active subscription of three seats, charged automatically."""
    return copy.deepcopy(_SUBSCRIPTION)


def deleted(object_: str, ref: str) -> Json:
    """Return what Stripe answers about something that was deleted."""
    return {"id": ref, "object": object_, "deleted": True}
