"""Where Stripe sends its webhooks: endpoints of ours, made and replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.errors import Conflict, NotFound
from accrue_core.settings import Secret
from accrue_stripe.connection import Connection, Json, wire
from accrue_stripe.errors import translated
from accrue_stripe.listing import pages
from accrue_stripe.settings import API_VERSION
from accrue_stripe.translate.reading import reader

if TYPE_CHECKING:
    import stripe

ENDPOINT_METADATA = "accrue_endpoint"
"""The metadata field of an endpoint that names the account at Accrue which it is for."""

EVENTS = (
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.created",
    "customer.deleted",
    "customer.discount.created",
    "customer.discount.deleted",
    "customer.discount.updated",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.created",
    "invoice.deleted",
    "invoice.finalization_failed",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.overdue",
    "invoice.overpaid",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_attempt_required",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.sent",
    "invoice.updated",
    "invoice.voided",
    "invoice.will_be_due",
    "invoice_payment.paid",
    "invoiceitem.created",
    "invoiceitem.deleted",
    "payment_method.attached",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payment_method.updated",
    "subscription_schedule.aborted",
    "subscription_schedule.canceled",
    "subscription_schedule.completed",
    "subscription_schedule.created",
    "subscription_schedule.expiring",
    "subscription_schedule.released",
    "subscription_schedule.updated",
)
"""Every event about something that we mirror, and no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint. Stripe tells its secret when it is made, and never again."""

    ref: str
    is_enabled: bool
    events: frozenset[str]
    api_version: str | None
    created_at: datetime
    secret: Secret | None = None


class Endpoints:
    """The endpoints of one account at one address, known by the address and by our mark."""

    def __init__(self, connection: Connection, url: str, *, run: str) -> None:
        self._connection = connection
        self._url = url
        self._run = run

    async def found(self) -> list[Endpoint]:
        """Return them, oldest first."""
        return [one for address, one in await self._made() if address == self._url]

    async def everywhere(self) -> list[Endpoint]:
        """Return those that we made for this account, at whatever address, oldest first."""
        return [one for _, one in await self._made()]

    async def _made(self) -> list[tuple[str, Endpoint]]:
        async def page(asked: Any) -> stripe.StripeObject:
            return await self._service.list_async(asked)

        with translated("webhook_endpoint", self._url):
            records = [record async for some in pages("endpoints", page) for record in some]
        return sorted(
            ((str(one.get("url")), _endpoint(one)) for one in records if self._is_ours(one)),
            key=lambda made: (made[1].created_at, made[1].ref),
        )

    async def require(self) -> tuple[Endpoint, bool]:
        """Make one unless there is one; return it, and whether it is new.

        One that is there is sent the events we use from now on. It keeps its API version: an old
        one is replaced by rotating.
        """
        enabled = [one for one in await self.found() if one.is_enabled]
        if not enabled:
            return await self.add(), True
        newest = enabled[-1]
        if newest.events != frozenset(EVENTS):
            newest = await self._update(newest, {"enabled_events": list(EVENTS)}, "events")
        return newest, False

    async def add(self) -> Endpoint:
        """Make one more."""
        params: Any = {
            "url": self._url,
            "enabled_events": list(EVENTS),
            "api_version": API_VERSION,
            "description": "Accrue",
            "metadata": {ENDPOINT_METADATA: self._connection.name},
        }
        with translated("webhook_endpoint", self._url):
            made = wire(await self._service.create_async(params, self._options("create")))
        return _endpoint(made)

    async def begin_rotation(self) -> Endpoint:
        """Make the endpoint that is to follow. ``hold`` it until the host knows its secret."""
        known = await self.found()
        if not known:
            raise NotFound(f"no endpoint of ours at {self._url}: create one")
        if len(known) > 1:
            raise Conflict("a rotation is under way: go on with --switch, then --finish")
        return await self.add()

    async def hold(self, endpoint: Endpoint) -> None:
        """Let nothing be sent to it."""
        await self._update(endpoint, {"disabled": True}, "hold")

    async def switch(self) -> Endpoint:
        """Let the newest one be sent events, too; both are, until the rotation is finished."""
        newest = (await self._rotating())[-1]
        return await self._update(newest, {"disabled": False}, "switch")

    async def finish(self) -> list[Endpoint]:
        """Take away all but the newest; return what was taken away."""
        *older, newest = await self._rotating()
        if not newest.is_enabled:
            raise Conflict("nothing is sent to the new endpoint yet: --switch first")
        for one in older:
            with translated("webhook_endpoint", one.ref):
                await self._service.delete_async(one.ref, {}, self._options(f"delete-{one.ref}"))
        return older

    @property
    def _service(self) -> stripe.WebhookEndpointService:
        return self._connection.client.v1.webhook_endpoints

    async def _rotating(self) -> list[Endpoint]:
        known = await self.found()
        if len(known) < 2:
            raise NotFound(f"no rotation is under way at {self._url}")
        return known

    async def _update(self, endpoint: Endpoint, changes: Any, what: str) -> Endpoint:
        with translated("webhook_endpoint", endpoint.ref):
            options = self._options(f"{what}-{endpoint.ref}")
            changed = wire(await self._service.update_async(endpoint.ref, changes, options))
        return _endpoint(changed)

    def _is_ours(self, record: Json) -> bool:
        metadata = record.get("metadata") or {}
        return bool(metadata.get(ENDPOINT_METADATA) == self._connection.name)

    def _options(self, what: str) -> stripe.RequestOptions:
        """Return a key of this run's own: what was done in another one is looked up, not asked."""
        return {"idempotency_key": f"{self._run}-{what}"}


def _endpoint(data: object) -> Endpoint:
    found = reader(data, "webhook_endpoint")
    secret = found.text_or_none("secret") if "secret" in found else None
    return Endpoint(
        ref=found.text("id"),
        is_enabled=found.text("status") == "enabled",
        events=frozenset(found.texts_or_none("enabled_events")),
        api_version=found.text_or_none("api_version"),
        created_at=found.moment("created"),
        secret=None if secret is None else Secret(secret),
    )
