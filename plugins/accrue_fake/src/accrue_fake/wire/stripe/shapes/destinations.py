"""Event destinations: endpoints for webhooks, as the second namespace knows them."""

from __future__ import annotations

from collections.abc import Collection

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.shapes.facts import THIN, WebhookEndpointFacts
from accrue_fake.wire.stripe.shapes.keys import API_VERSION, Json, whole
from accrue_fake.wire.stripe.shapes.notices import PREFIX
from accrue_fake.wire.stripe.shapes.units import written

SECRET, URL = "webhook_endpoint.signing_secret", "webhook_endpoint.url"
"""What is hidden unless a request includes it; the secret only in the answer that makes one."""


def render_destination(
    _: Engine, record: WebhookEndpointFacts, *, include: Collection[str] = ()
) -> Json:
    """Render a destination, with what is to be included."""
    is_thin = record.api_version == THIN
    types = record.enabled_events
    return whole(
        "v2.core.event_destination",
        {
            "id": record.ref,
            "object": "v2.core.event_destination",
            "created": written(record.created_at),
            "description": record.description or "",
            "enabled_events": [
                f"{PREFIX}{one}" if is_thin and one != "*" else one for one in types
            ],
            "event_payload": "thin" if is_thin else "snapshot",
            "events_from": ["@self"],
            "livemode": False,
            "metadata": dict(record.metadata),
            "name": record.name,
            "snapshot_api_version": None if is_thin else record.api_version or API_VERSION,
            "status": "enabled" if record.is_enabled else "disabled",
            "status_details": None if record.is_enabled else {"disabled": {"reason": "user"}},
            "type": "webhook_endpoint",
            "updated": written(record.updated_at or record.created_at),
            "webhook_endpoint": {
                "signing_secret": record.secret if SECRET in include else None,
                "url": record.url if URL in include else None,
            },
        },
    )


def _named(type_: str) -> str:
    return type_ if type_ == "*" else f"{PREFIX}{type_}"
