"""Stripe's invoices as the API writes them at 2026-10-28.endive, with ``payments`` expanded."""

from __future__ import annotations

import copy

from tests.stripe.objects import FEBRUARY, JANUARY, NOON, Json, envelope


def invoice_line(ref: str = "il_Seats") -> Json:
    """Return the line of three seats for a month."""
    return {
        "id": ref,
        "object": "line_item",
        "amount": 5700,
        "currency": "usd",
        "description": "3 × Pro (at $19.00 / month)",
        "discount_amounts": [{"amount": 700, "discount": "di_Winter"}],
        "discountable": True,
        "discounts": ["di_Winter"],
        "invoice": "in_First",
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": "sub_Pro",
                "subscription_item": "si_Pro",
            },
            "type": "subscription_item_details",
        },
        "period": {"end": FEBRUARY, "start": JANUARY},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": "price_ProMonthly", "product": "prod_Pro"},
            "type": "price_details",
            "unit_amount_decimal": "1900",
        },
        "quantity": 3,
        "quantity_decimal": "3",
        "subscription": "sub_Pro",
        "subtotal": 5700,
        "taxes": [],
    }


def proration_line(ref: str = "il_Credit") -> Json:
    """Return a credit for time not used, from an invoice item."""
    line = invoice_line(ref)
    line["amount"] = line["subtotal"] = -500
    line["parent"] = {
        "invoice_item_details": {
            "invoice_item": "ii_Credit",
            "proration": True,
            "proration_details": {
                "credited_items": {"invoice": "in_First", "invoice_line_items": ["il_Seats"]}
            },
            "subscription": "sub_Pro",
        },
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }
    return line


def invoice_payment(ref: str = "inpay_First") -> Json:
    """Return the payment of the invoice."""
    return {
        "id": ref,
        "object": "invoice_payment",
        "amount_paid": 5950,
        "amount_requested": 5950,
        "created": JANUARY,
        "currency": "usd",
        "invoice": "in_First",
        "is_default": True,
        "livemode": False,
        "payment": {
            "charge": None,
            "payment_intent": "pi_First",
            "payment_record": None,
            "type": "payment_intent",
        },
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": NOON},
    }


_INVOICE: Json = {
    "id": "in_First",
    "object": "invoice",
    "account_country": "DE",
    "account_name": "Example",
    "account_tax_ids": None,
    "amount_due": 5950,
    "amount_overpaid": 0,
    "amount_paid": 5950,
    "amount_paid_off_stripe": 0,
    "amount_remaining": 0,
    "amount_shipping": 0,
    "application": None,
    "attempt_count": 1,
    "attempted": True,
    "auto_advance": False,
    "automatic_tax": {
        "disabled_reason": None,
        "enabled": False,
        "liability": None,
        "provider": None,
        "status": None,
    },
    "automatically_finalizes_at": None,
    "billing_reason": "subscription_create",
    "collection_method": "charge_automatically",
    "created": JANUARY,
    "currency": "usd",
    "custom_fields": None,
    "customer": "cus_TeamFortyTwo",
    "customer_account": None,
    "customer_address": None,
    "customer_email": "billing@team42.example",
    "customer_name": "Team Forty-Two",
    "customer_phone": None,
    "customer_shipping": None,
    "customer_tax_exempt": "none",
    "customer_tax_ids": [],
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": ["di_Winter"],
    "due_date": None,
    "effective_at": NOON,
    "ending_balance": 0,
    "footer": None,
    "from_invoice": None,
    "hosted_invoice_url": "https://invoice.stripe.example/i/acct_1/test_1",
    "invoice_pdf": "https://pay.stripe.example/invoice/acct_1/test_1/pdf",
    "issuer": {"account": None, "type": "self"},
    "last_finalization_error": None,
    "latest_revision": None,
    "lines": envelope("/v1/invoices/in_First/lines", invoice_line()),
    "livemode": False,
    "metadata": {},
    "next_payment_attempt": None,
    "number": "TEAM42-0001",
    "on_behalf_of": None,
    "parent": {
        "quote_details": None,
        "subscription_details": {
            "metadata": {"campaign": "winter"},
            "subscription": "sub_Pro",
            "subscription_proration_date": None,
        },
        "type": "subscription_details",
    },
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "payments": envelope("/v1/invoice_payments?invoice=in_First", invoice_payment()),
    "period_end": JANUARY,
    "period_start": JANUARY,
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "starting_balance": 0,
    "statement_descriptor": None,
    "status": "paid",
    "status_details": None,
    "status_transitions": {
        "finalized_at": JANUARY,
        "marked_uncollectible_at": None,
        "paid_at": NOON,
        "voided_at": None,
    },
    "subtotal": 5700,
    "subtotal_excluding_tax": 5700,
    "test_clock": None,
    "total": 5950,
    "total_discount_amounts": [{"amount": 700, "discount": "di_Winter"}],
    "total_excluding_tax": 5000,
    "total_pretax_credit_amounts": [],
    "total_taxes": [
        {
            "amount": 950,
            "tax_behavior": "exclusive",
            "tax_rate_details": {"tax_rate": "txr_Vat19"},
            "taxability_reason": "not_available",
            "taxable_amount": 5000,
            "type": "tax_rate_details",
        }
    ],
    "webhooks_delivered_at": JANUARY,
}


def invoice() -> Json:
    """Return a paid first invoice: 57.00, less 7.00, plus 9.50 tax, is 59.50."""
    return copy.deepcopy(_INVOICE)
