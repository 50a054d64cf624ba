"""Braintree's XML, written and read: what a type attribute says, and the SDK's own reading."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

from accrue_braintree.errors import translated
from accrue_braintree.sdk import load
from accrue_braintree.settings import BraintreeSettings
from accrue_core.settings import Secret

braintree = load()

Wire = dict[str, Any]
"""One thing as Braintree holds it: underscores for dashes, and Python's types for attributes."""

ITEMS = {
    "add_ons": "add-on",
    "credit_cards": "credit-card",
    "discounts": "discount",
    "paypal_accounts": "paypal-account",
    "status_history": "status-event",
    "transactions": "transaction",
}

SETTINGS = BraintreeSettings(
    merchant_id="merchant1", public_key="public1", private_key=Secret("private1")
)


def xml(tag: str, value: object) -> str:
    """Write one element."""
    name = tag.replace("_", "-")
    if value is None:
        return f'<{name} nil="true"/>'
    if isinstance(value, list):
        items = "".join(xml(ITEMS[tag], item) for item in value)
        return f'<{name} type="array">{items}</{name}>'
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml(key, inner) for key, inner in value.items())}</{name}>"
    if isinstance(value, bool):
        return f'<{name} type="boolean">{str(value).lower()}</{name}>'
    if isinstance(value, int):
        return f'<{name} type="integer">{value}</{name}>'
    if isinstance(value, datetime):
        return f'<{name} type="datetime">{value:%Y-%m-%dT%H:%M:%SZ}</{name}>'
    if isinstance(value, date):
        return f'<{name} type="date">{value.isoformat()}</{name}>'
    return f"<{name}>{escape(str(value))}</{name}>"


def document(tag: str, value: Wire) -> str:
    """Write a whole answer."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml(tag, value)}\n'


def sdk_gateway(settings: BraintreeSettings = SETTINGS) -> Any:
    """Return the SDK's gateway of an account, with the SDK's own transport."""
    return braintree.BraintreeGateway(
        braintree.Configuration(
            braintree.Environment.Sandbox,
            settings.merchant_id,
            settings.public_key,
            settings.private_key.reveal(),
        )
    )


def dict_from_xml(text: str) -> Wire:
    """Return the nested dicts that the SDK makes of XML."""
    found: Wire = braintree.util.xml_util.XmlUtil.dict_from_xml(text)
    return found


def as_sdk_reads(text: str) -> Any:
    """Return what the SDK makes of an answer, and what the connection makes of its failures."""
    with translated("answer", "of_a_test"):
        return _as_sdk_reads(dict_from_xml(text))


def _as_sdk_reads(answer: Wire) -> Any:
    (tag,) = answer
    if tag == "subscription":
        return braintree.Subscription(sdk_gateway(), answer[tag])
    if tag == "customer":
        return braintree.Customer(sdk_gateway(), answer[tag])
    return braintree.payment_method_parser.parse_payment_method(sdk_gateway(), answer)


def read(tag: str, value: Wire) -> Any:
    """Return what the SDK makes of one thing."""
    return as_sdk_reads(document(tag, value))
