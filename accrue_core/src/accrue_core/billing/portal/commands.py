"""The processor's own portal: where customers help themselves."""

from __future__ import annotations

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.commands.find import choose_processor
from accrue_core.billing.subscriptions import queries as subscriptions
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.portal import CreatePortalSession, PortalFlow, PortalSession
from accrue_core.contracts.results import Key
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.ids import PREFIXES, checked, to_text
from accrue_core.operations.question import questioning
from accrue_core.origins import checked_url
from accrue_core.owners import Billable, Owner, owner_of


@verb("create_billing_portal_session")
async def create_billing_portal_session(
    ctx: Context,
    payer: Owner | Billable,
    *,
    return_url: str,
    flow: PortalFlow | None = None,
    subscription_id: str | None = None,
    processor: str | None = None,
) -> PortalSession:
    """Open the processor's billing portal for an owner, for a few minutes.

    Send the customer to ``url``, a ``Secret``: whoever has it may act for them. ``flow`` opens it
    on one thing; ``"subscription_cancel"`` needs ``subscription_id``. ``return_url`` must lead to
    an origin of ``settings.allowed_origins``. What the customer does there arrives by webhook.

    It changes no billing state, so it is not an operation: nothing is written down, and calling
    twice opens two. Never creates a customer: an owner without one is ``NotFound``, and so is
    another owner's subscription.
    """
    checked_url(return_url, name="return_url", allowed=ctx.settings.allowed_origins)
    if flow not in (None, "payment_method_update", "subscription_cancel"):
        raise InvalidRequest(
            f"flow is 'payment_method_update' or 'subscription_cancel', not {flow!r}"
        )
    if (flow == "subscription_cancel") != (subscription_id is not None):
        raise InvalidRequest("subscription_id goes with flow='subscription_cancel'")
    owner = owner_of(payer)
    name = await choose_processor(ctx, owner, processor)
    require(ctx.plugins.processor(name).support, Capability.BILLING_PORTAL, processor=name)
    request = await _request(ctx, owner, name, return_url, flow, subscription_id)
    minted = to_text(PREFIXES["operation"], ctx.runtime.ids.new())
    key = Key(idempotency_key=f"accrue-{minted}", operation_id=minted)
    async with questioning(ctx, name, "portal.create") as gateway:
        return await gateway.portal.create(request, key=key)


async def _request(
    ctx: Context,
    owner: Owner,
    processor: str,
    return_url: str,
    flow: PortalFlow | None,
    subscription_id: str | None,
) -> CreatePortalSession:
    async with ctx.reading() as reading:
        held = await customers.of_owner(reading, owner, processor=processor)
        if not held:
            raise NotFound(f"{owner} has no customer at {processor} yet, and so no portal")
        ref = None
        if subscription_id is not None:
            found = await subscriptions.get(reading, checked("subscription", subscription_id))
            if found.customer_id not in {who.id for who in held}:
                raise NotFound(f"no subscription {subscription_id}")
            ref = found.ref
        who = held[0] if ref is None else next(w for w in held if w.id == found.customer_id)
    return CreatePortalSession(customer=who.ref, return_url=return_url, flow=flow, subscription=ref)
