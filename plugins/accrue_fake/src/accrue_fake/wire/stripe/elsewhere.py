"""Elsewhere: what Stripe's API has besides everything that is known here.

A request about one of these is no slip of the pen, and must not be told that it is one.
"""

from __future__ import annotations

NOUNS = frozenset(
    {
        "account_links", "account_sessions", "accounts", "apple_pay", "application_fees", "apps",
        "balance_settings", "balance_transactions", "billing", "charges", "climate",
        "confirmation_tokens", "country_specs", "credit_notes", "customer_sessions", "disputes",
        "entitlements", "ephemeral_keys", "exchange_rates", "file_links", "files",
        "financial_connections", "forwarding", "identity", "invoice_rendering_templates",
        "invoiceitems", "issuing", "mandates", "payment_attempt_records", "payment_links",
        "payment_method_configurations", "payment_method_domains", "payment_records", "payouts",
        "plans", "product_catalog", "promotion_codes", "quotes", "radar", "refunds", "reporting",
        "reviews", "setup_attempts", "shipping_rates", "sigma", "sources", "tax", "tax_codes",
        "tax_ids", "tax_rates", "terminal", "three_d_secure", "tokens", "topups", "transfers",
        "treasury",
    }
)  # fmt: skip
"""The first words of its paths, as in ``/v1/refunds``."""

BELOW = frozenset(
    {
        "billing_portal/configurations", "customers/cash_balance",
        "customers/cash_balance_transactions", "customers/funding_instructions",
        "customers/sources", "customers/tax_ids", "payment_intents/amount_details_line_items",
        "products/features", "test_helpers/confirmation_tokens", "test_helpers/customers",
        "test_helpers/issuing", "test_helpers/refunds", "test_helpers/terminal",
        "test_helpers/treasury",
    }
)  # fmt: skip
"""What there is besides under a first word that is known, with or without an id between."""


KNOWN_V2 = frozenset({"event_destinations", "events"})
"""What is known here of the second namespace, all of it below ``/v2/core``."""


def has(path: str) -> bool:
    """Whether Stripe has something there. A test holds that against the SDK."""
    version, *words = path.strip("/").split("/")
    if version == "v2":
        return bool(words) and not (words[0] == "core" and KNOWN_V2.intersection(words[1:2]))
    if version != "v1" or not words:
        return False
    return words[0] in NOUNS or any(f"{words[0]}/{word}" in BELOW for word in words[1:3])
