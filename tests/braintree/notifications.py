"""Notifications as Braintree posts them, signed by the SDK or by hand."""

from __future__ import annotations

import hashlib
import hmac
from base64 import encodebytes
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from accrue_braintree.settings import BraintreeSettings
from tests.braintree.wire import SETTINGS, sdk_gateway

HEADERS = {"content-type": "application/x-www-form-urlencoded"}
NOW = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
SUBJECT = "<subscription><id>sub_pro</id></subscription>"


def form(signature: str | bytes, payload: str | bytes) -> bytes:
    """Return the body of a notification."""
    return urlencode({"bt_signature": signature, "bt_payload": payload}).encode()


def digest(payload: bytes, private_key: str) -> str:
    """Sign a payload as Braintree documents it."""
    secret = hashlib.sha1(private_key.encode()).digest()  # noqa: S324
    return hmac.new(secret, payload, hashlib.sha1).hexdigest()


def signed(content: str | bytes, settings: BraintreeSettings = SETTINGS) -> bytes:
    """Return the body of a notification with this content, whatever it is."""
    payload = encodebytes(content.encode() if isinstance(content, str) else content)
    return form(f"{settings.public_key}|{digest(payload, settings.private_key.reveal())}", payload)


def notification(
    kind: str = "subscription_went_active",
    subject: str = SUBJECT,
    *,
    at: datetime | str = NOW,
    more: str = "",
) -> str:
    """Return the XML of a notification."""
    moment = at if isinstance(at, str) else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'<notification><timestamp type="datetime">{moment}</timestamp><kind>{kind}</kind>'
        f"{more}<subject>{subject}</subject></notification>"
    )


def sample(kind: str, ref: str, **options: Any) -> dict[str, Any]:
    """Return the two fields that the SDK signs for a kind, dated now."""
    fields: dict[str, Any] = sdk_gateway().webhook_testing.sample_notification(kind, ref, **options)
    return fields
