"""Sign an event about an object and post it, as Stripe would.

    python -m tests.stripe.send_event --type customer.updated --object customer.json \\
        --secret whsec_test --to http://127.0.0.1:8000/billing/webhooks/stripe

It exits with an error when the webhook was not accepted.
"""

from __future__ import annotations

import argparse
import json
import secrets
import time
from pathlib import Path

import httpx
import stripe

from accrue_stripe.settings import API_VERSION
from tests.stripe.objects import Json
from tests.stripe.stand_in import objects_in


def event(type_: str, about: Json, *, ref: str, created: int) -> Json:
    """Return a snapshot event as Stripe writes it."""
    return {
        "id": ref,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    }


def signed(body: str, secret: str, *, at: int) -> dict[str, str]:
    """Return the headers that come with a body, signed by the SDK's own function."""
    header = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at)
    return {"content-type": "application/json; charset=utf-8", "stripe-signature": header}


def main() -> None:
    """Send one event."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    for name in ("--type", "--secret", "--to"):
        parser.add_argument(name, required=True)
    parser.add_argument("--object", type=Path, required=True)
    given = parser.parse_args()
    now = int(time.time())
    about = objects_in(given.object)[0]
    body = json.dumps(event(given.type, about, ref=f"evt_{secrets.token_hex(12)}", created=now))
    answer = httpx.post(
        given.to, content=body, headers=signed(body, given.secret, at=now), trust_env=False
    )
    answer.raise_for_status()


if __name__ == "__main__":
    main()
