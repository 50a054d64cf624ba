"""Endpoints that webhooks are posted to."""

from __future__ import annotations

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.shapes.facts import WebhookEndpointFacts
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import seconds


def render_webhook_endpoint(_: Engine, record: WebhookEndpointFacts) -> Json:
    """Render an endpoint; its secret is there if the facts tell it."""
    told = {} if record.secret is None else {"secret": record.secret}
    return whole(
        "webhook_endpoint",
        {
            "id": record.ref,
            "object": "webhook_endpoint",
            "api_version": record.api_version,
            "created": seconds(record.created_at),
            "description": record.description,
            "enabled_events": list(record.enabled_events),
            "livemode": False,
            "metadata": dict(record.metadata),
            "status": "enabled" if record.is_enabled else "disabled",
            "url": record.url,
        }
        | told,
    )
