"""What ``accrue doctor`` looks at: accounts, secrets, and at Stripe endpoints and prices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from accrue_core.contracts.checks import Finding, failed, warned
from accrue_core.errors import AccrueError
from accrue_stripe.connection import Connection
from accrue_stripe.operating.catalog import sold_plans
from accrue_stripe.operating.endpoints import EVENTS, Endpoint, Endpoints
from accrue_stripe.settings import API_VERSION

if TYPE_CHECKING:
    from accrue_stripe.settings import StripeSettings

_MOST_SHOWN = 10
"""How many plans are named; the catalog command prints them all."""


class StripeCheck:
    """One account: its mode and its secrets; online, our endpoints there and what is sold."""

    def __init__(self, account: StripeSettings) -> None:
        self._account = account

    @property
    def name(self) -> str:
        """The account's name."""
        return self._account.name

    def offline(self) -> Iterator[Finding]:
        """Say in which mode it is, and whether a rotation is unfinished."""
        account, mode = self._account, "live" if self._account.livemode else "test"
        yield Finding(check=self.name, finding=f"a {mode} key; API version {API_VERSION}")
        if len(account.webhook_secrets) > 1:
            yield warned(
                self.name,
                f"{len(account.webhook_secrets)} webhook secrets are accepted",
                why="right while one replaces another; later the old one still opens the door",
                fix="finish the rotation: accrue stripe webhooks rotate <url> --finish",
            )

    async def online(self) -> list[Finding]:
        """Look at the endpoints that ``accrue stripe webhooks create`` made, and at the prices.

        A key that may not read the one may still read the other: each is a finding of its own.
        """
        connection = Connection(self._account)
        try:
            return [*await self._webhooks(connection), await self._catalog(connection)]
        finally:
            await connection.close()

    async def _webhooks(self, connection: Connection) -> list[Finding]:
        try:
            found = await Endpoints(connection, "", run="doctor").everywhere()
        except AccrueError as error:
            return [self._unread("webhook endpoints", error)]
        return list(self._endpoints([one for one in found if one.is_enabled]))

    async def _catalog(self, connection: Connection) -> Finding:
        """Say how many plans the prices come to, as ``accrue stripe catalog pull`` would."""
        try:
            plans = await sold_plans(connection)
        except AccrueError as error:
            return self._unread("prices and products", error)
        if not plans:
            return warned(
                self.name,
                "no active, recurring price",
                why="nobody can subscribe to anything",
                fix="make products and prices in Stripe's dashboard, in this mode",
            )
        keys = ", ".join(plan.key for plan in plans[:_MOST_SHOWN])
        more = ", ..." if len(plans) > _MOST_SHOWN else ""
        count = f"{len(plans)} plan{'s' if len(plans) > 1 else ''}"
        return Finding(check=self.name, finding=f"sells {count}: {keys}{more}")

    def _unread(self, what: str, error: AccrueError) -> Finding:
        return warned(
            self.name,
            f"its {what} could not be read: {error}",
            why="whether they are as they should be is not known",
            fix=f"let the key read {what}, or do what the message says",
        )

    def _endpoints(self, enabled: Sequence[Endpoint]) -> Iterator[Finding]:
        create = f"accrue stripe webhooks create https://<host>/billing/webhooks/{self.name}"
        if not enabled:
            yield warned(
                self.name,
                "no endpoint that accrue made is enabled",
                why="an endpoint made by hand may be sent too few events, of another version",
                fix=create,
            )
        for one in enabled:
            missing = sorted(frozenset(EVENTS) - one.events) if "*" not in one.events else []
            if missing:
                yield failed(
                    self.name,
                    f"{one.ref} is not sent {', '.join(missing)}",
                    why="what these tell arrives late or never",
                    fix=create,
                )
            elif one.api_version != API_VERSION:
                yield warned(
                    self.name,
                    f"{one.ref} is sent events of {one.api_version}, not of {API_VERSION}",
                    why="each is fetched instead of read, and old shapes may be refused",
                    fix="accrue stripe webhooks rotate <url>",
                )
            else:
                yield Finding(check=self.name, finding=f"{one.ref} is sent {len(EVENTS)} events")
