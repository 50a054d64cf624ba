"""Pure: a webhook's body without what is personal or secret in it.

It is a list of what may be shown, not of what must be hidden: a field that a processor adds
tomorrow is masked until somebody adds it here. Shown are keys that look like names of fields,
numbers and truth values outside of places that hold people, moments, and text whose key says
that it is a word of the processor's (a type, a status) or one of its refs, and which looks like
one.
"""

from __future__ import annotations

import json
import re
from typing import Any

MASK = "•••"
"""What stands where something was left out."""

WORDS = frozenset(
    {
        "api_version", "behavior", "billing_reason", "billing_scheme", "brand",
        "cancellation_reason", "capture_method", "collection_method", "currency", "decline_code",
        "interval", "kind", "mode", "network_status", "object", "outcome", "payment_status",
        "proration_behavior", "reason", "setup_future_usage", "status", "tax_behavior", "type",
        "usage_type",
    }
)  # fmt: skip
"""Keys whose values are words from the processor's own lists."""

REFS = frozenset(
    {
        "account", "balance_transaction", "charge", "checkout_session", "coupon", "customer",
        "default_payment_method", "default_source", "id", "invoice", "invoice_item",
        "latest_charge", "latest_invoice", "parent", "payment", "payment_intent",
        "payment_method", "plan", "price", "product", "promotion_code", "refund", "request",
        "schedule", "setup_intent", "source", "subscription", "subscription_item",
        "subscription_schedule", "test_clock",
    }
)  # fmt: skip
"""Keys whose values are the processor's refs."""

PEOPLE = frozenset(
    {
        "address", "bank_account", "bank_accounts", "billing", "billing_address",
        "billing_details", "card", "cards", "custom_fields", "customer_address",
        "customer_details", "customer_shipping", "customer_tax_ids", "evidence", "fraud_details",
        "individual", "ip", "last_payment_error", "mandate_data", "metadata", "owner",
        "payment_method_details", "payment_method_options", "person", "phone", "receipt",
        "sepa_debit", "shipping", "shipping_address", "shipping_details", "tax_ids",
        "us_bank_account",
    }
)  # fmt: skip
"""Keys below which everything is masked, whatever it looks like."""

DETAILS = frozenset(
    {
        "birth_day", "birth_month", "birth_year", "day", "dob", "exp_month", "exp_year", "last4",
        "month", "phone", "phone_number", "postal_code", "ssn", "tax_id", "vat", "year", "zip",
    }
)  # fmt: skip
"""Keys whose values are masked even when they are numbers."""

MOST_LINES = 1_500
_DEEPEST = 40

_FIELD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+){0,6}\Z")
_WORD = re.compile(r"[a-z]+([_.-][a-z0-9]+){0,5}\Z")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?\Z")
_REF = re.compile(r"[a-z]{1,12}(_(test|live|[a-z]{1,12}))?_[A-Za-z0-9]{1,80}\Z")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?\Z"
)
_MOMENT_KEY = re.compile(r"(created|updated|timestamp|[a-z_]+_(at|start|end|until))\Z")
_LONGEST_NUMBER = 10**10
_SECRET = re.compile(r"secret|^(sk|rk|pk|whsec|ek)_")
_SECRET_KEY = re.compile(r"_secret_|^(sk|rk|pk|whsec|ek)_")


def redacted(body: bytes) -> str | None:
    """Return a body as indented JSON with everything masked that may not be shown.

    ``None`` when it is no JSON, or nests deeper than any processor's: then nothing of it can be
    shown safely.
    """
    try:
        content = json.loads(body)
        shown = json.dumps(masked(content), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    lines = shown.splitlines()
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… and {len(lines) - MOST_LINES:,} lines more"]
    return "\n".join(lines)


def masked(value: Any, key: str = "", *, depth: int = 0) -> Any:
    """Return a value as it may be shown under its key."""
    if depth > _DEEPEST:
        raise ValueError("too deep to be a processor's")
    if isinstance(value, dict):
        return _masked_fields(value, key, depth)
    if isinstance(value, list):
        return [masked(item, key, depth=depth + 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if _is_shown(key, value) else MASK
    # A longer number than a moment in seconds is more likely somebody's telephone than an amount.
    return MASK if key in DETAILS or abs(value) >= _LONGEST_NUMBER else value


def _masked_fields(fields: dict[str, Any], key: str, depth: int) -> dict[str, Any]:
    if key in PEOPLE:
        return {MASK: MASK} if fields else {}
    shown: dict[str, Any] = {}
    for name, value in fields.items():
        if name in PEOPLE:
            shown[name] = MASK if value else value
        else:
            is_known = _FIELD.match(name) is not None and not _SECRET_KEY.search(name)
            shown[name if is_known else MASK] = masked(
                value if is_known else MASK, name, depth=depth + 1
            )
    return shown


def _is_shown(key: str, text: str) -> bool:
    if text == MASK or not text:
        return True
    if _SECRET.search(text):
        return False
    if key in WORDS:
        return bool(_WORD.match(text) or _VERSION.match(text)) and len(text) <= 60
    if key in REFS:
        return bool(_REF.match(text))
    return bool(_MOMENT_KEY.match(key) and _MOMENT.match(text))
