"""Stripe's hosted pages, checkout and portal, to ours."""

from __future__ import annotations

from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CheckoutStatus
from accrue_core.contracts.portal import PortalSession
from accrue_core.contracts.results import NextAction, UnreadableSnapshot
from accrue_core.settings import Secret
from accrue_stripe.translate.reading import reader

_STATUSES = frozenset(CheckoutStatus)


def checkout_session(data: object) -> CheckoutSessionSnapshot | UnreadableSnapshot:
    """Read a checkout session, for whatever it was opened; one for a payment has no subscription.

    A status that we have never heard of makes it unreadable.
    """
    found = reader(data, "checkout.session")
    status = found.text("status")
    if status not in _STATUSES:
        return UnreadableSnapshot("checkout_session", found.text("id"), status)
    return CheckoutSessionSnapshot(
        ref=found.text("id"),
        customer=found.ref_or_none("customer"),
        status=CheckoutStatus(status),
        subscription=found.ref_or_none("subscription"),
        expires_at=found.moment("expires_at"),
        created_at=found.moment("created"),
    )


def page_of(data: object) -> NextAction | None:
    """Read where an open session's page is; an embedded one has none."""
    found = reader(data, "checkout.session")
    url = found.text_or_none("url")
    if url is None or found.text("status") != CheckoutStatus.OPEN:
        return None
    return NextAction("redirect", url=Secret(url))


def portal_session(data: object) -> PortalSession:
    """Read where the portal is. Stripe does not say for how long."""
    return PortalSession(url=Secret(reader(data, "billing_portal.session").text("url")))
