"""Sessions of the billing portal."""

from __future__ import annotations

from accrue_fake.engine.engine import Engine
from accrue_fake.engine.portal import LIFETIME
from accrue_fake.engine.records import PortalRecord
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import seconds

CONFIGURATION = "bpc_fake_00001"
"""The one configuration that the portal has: what it lets a customer do is the engine's."""


def render_portal_session(engine: Engine, record: PortalRecord) -> Json:
    """Render a session. Stripe does not say for how long it is open."""
    return whole(
        "billing_portal.session",
        {
            "id": record.ref,
            "object": "billing_portal.session",
            "configuration": CONFIGURATION,
            "created": seconds(record.expires_at - LIFETIME),
            "customer": record.request.customer,
            "flow": _flow(record),
            "livemode": False,
            "return_url": record.request.return_url,
            "url": engine.addresses.of("portal", record.ref).reveal(),
        },
    )


def _flow(record: PortalRecord) -> Json | None:
    """Render what the portal opens on, if it is one thing; it comes straight back after that."""
    request = record.request
    if request.flow is None:
        return None
    return {
        "after_completion": {
            "redirect": {"return_url": request.return_url},
            "type": "redirect",
        },
        "subscription_cancel": {"subscription": request.subscription}
        if request.flow == "subscription_cancel"
        else None,
        "type": request.flow,
    }
