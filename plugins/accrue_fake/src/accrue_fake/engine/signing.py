"""The signature of a webhook, written and checked: Stripe's scheme under a header of its own.

``t=<unix seconds>,v1=<hex>``, where the hex is HMAC-SHA256 over the seconds, a full stop and the
raw body. The time is signed with the body, so that an old webhook cannot be made fresh.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from accrue_core.errors import SignatureInvalid
from accrue_core.settings import Secret

HEADER = "accrue-fake-signature"
TOLERANCE = timedelta(seconds=300)
DEFAULT_SECRET = Secret("whsec_fake")
"""What engine and processor share when nobody chose: right for a test, wrong for anything else."""

_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)


def sign(body: bytes, *, secret: Secret, now: datetime) -> str:
    """Return the header's value for these bytes, signed at this moment."""
    seconds = int(now.timestamp())
    return f"t={seconds},v1={_digest(body, seconds, secret)}"


def check(body: bytes, header: str | None, *, secret: Secret, now: datetime) -> None:
    """Raise ``SignatureInvalid`` unless the secret signed these bytes within the tolerance."""
    if not header:
        raise SignatureInvalid("the webhook is not signed")
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    signatures = [value.strip() for name, _, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not signatures:
        raise SignatureInvalid("the webhook's signature cannot be read")
    seconds = int(times[0])
    expected = _digest(body, seconds, secret).encode()
    matches = [hmac.compare_digest(expected, given.encode()) for given in signatures]
    if not any(matches):
        raise SignatureInvalid("the webhook was signed with another secret, or was changed")
    if abs(now.timestamp() - seconds) > TOLERANCE.total_seconds():
        raise SignatureInvalid("the webhook was signed too long ago, or in the future")


def _digest(body: bytes, seconds: int, secret: Secret) -> str:
    signed = f"{seconds}.".encode() + body
    return hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
