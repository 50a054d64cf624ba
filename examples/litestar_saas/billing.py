"""What Fieldnotes does with billing, in its own words: the functions that its pages call.

Who may act for which organization is decided before any of these is called; none of them takes
an id that a request has named without asking whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accrue_core import Billing
from accrue_core.billing.catalog import Price
from accrue_core.billing.checkout.models import CheckoutSession
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.checkout import SESSION_PLACEHOLDER
from accrue_core.contracts.results import Outcome
from accrue_core.errors import NotFound, ProcessorError
from examples.litestar_saas.catalog import BY_REF, TRIAL, Offer
from examples.litestar_saas.people import Organization


async def subscription_of(billing: Billing, organization: Organization) -> Subscription | None:
    """Return the subscription that counts: the newest that is not over, else the newest."""
    held = await billing.subscriptions(organization)
    return next((one for one in held if not one.is_ended), held[0] if held else None)


async def may_choose(billing: Billing, organization: Organization) -> bool:
    """Whether an organization may buy a plan: not while it has one, paid, owed or paused."""
    held = await billing.subscriptions(organization)
    return not any(
        one.is_entitling or one.is_owing or (one.is_paused and not one.is_ended) for one in held
    )


async def begins_with_trial(billing: Billing, organization: Organization, offer: Offer) -> bool:
    """Whether an offer would begin with a trial: only for who has never subscribed."""
    return offer.has_trial and not await billing.subscriptions(organization)


async def begin_checkout(
    billing: Billing,
    organization: Organization,
    offer: Offer,
    *,
    seats: int,
    origin: str,
    operation_id: str,
) -> str:
    """Return the address to send the browser to: the page on which the organization pays.

    The same ``operation_id`` again is the same session, so a form that is sent twice opens one.
    Once it is complete there is no page any more, and the way leads to what came of it.
    """
    outcome = await billing.create_checkout_session(
        organization,
        Price(offer.ref),
        quantity=seats if offer.has_seats else 1,
        trial=TRIAL if await begins_with_trial(billing, organization, offer) else None,
        success_url=f"{origin}/checkout/done?session={SESSION_PLACEHOLDER}",
        cancel_url=f"{origin}/plans",
        processor=billing.settings.processor,
        operation_id=operation_id,
    )
    return page_of(outcome) or f"/checkout/done?session={outcome.value.id}"


def page_of(outcome: Outcome[CheckoutSession]) -> str | None:
    """Return where a session's page is, while it is open. Show it to its own customer only."""
    action = outcome.next_action
    return None if action is None or action.url is None else action.url.reveal()


class Finding(StrEnum):
    """What turned out when a customer came back from checkout."""

    PAID = "paid"
    TRIAL = "trial"
    WAITING = "waiting"
    CONFIRMING = "confirming"
    UNFINISHED = "unfinished"
    EXPIRED = "expired"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckoutResult:
    """What came of a checkout; ``page`` leads back to it while it can be finished."""

    finding: Finding
    subscription: Subscription | None = None
    page: str | None = None


async def finish_checkout(
    billing: Billing, organization: Organization, session: str
) -> CheckoutResult:
    """Say what came of a checkout. Coming back grants nothing: what is mirrored does."""
    try:
        outcome = await billing.reconcile_checkout(organization, session)
    except NotFound:
        return CheckoutResult(Finding.UNKNOWN)
    except ProcessorError:
        # The webhook will still arrive, or has arrived: then the plan is open already.
        return CheckoutResult(Finding.UNREACHABLE)
    found = outcome.value
    if found.is_open:
        return CheckoutResult(Finding.UNFINISHED, page=page_of(outcome))
    if not found.is_complete:
        return CheckoutResult(Finding.EXPIRED)
    if found.subscription_id is None:
        return CheckoutResult(Finding.CONFIRMING)
    subscription = await billing.subscription(found.subscription_id)
    return CheckoutResult(_finding(subscription), subscription)


def _finding(subscription: Subscription) -> Finding:
    match subscription.status.value:
        case "trialing":
            return Finding.TRIAL
        case "active":
            return Finding.PAID
    return Finding.WAITING


async def card_page(billing: Billing, organization: Organization, *, origin: str) -> str:
    """Return the address of the processor's page on which the organization changes its card."""
    session = await billing.create_billing_portal_session(
        organization,
        return_url=f"{origin}/settings",
        flow="payment_method_update",
        processor=billing.settings.processor,
    )
    return session.url.reveal()


def offer_of(subscription: Subscription) -> Offer | None:
    """Return what was bought; ``None`` for a price that Fieldnotes does not sell itself."""
    return BY_REF.get(subscription.items[0].price) if subscription.items else None


def seats_of(subscription: Subscription) -> int | None:
    """Return how many seats were bought, where there are seats."""
    offer = offer_of(subscription)
    return subscription.items[0].quantity if offer is not None and offer.has_seats else None
