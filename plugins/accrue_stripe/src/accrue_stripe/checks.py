"""What ``accrue doctor`` looks at: accounts, secrets, and the endpoints at Stripe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from accrue_core.contracts.checks import Finding, failed, warned
from accrue_stripe.connection import Connection
from accrue_stripe.operating.endpoints import EVENTS, Endpoint, Endpoints
from accrue_stripe.settings import API_VERSION

if TYPE_CHECKING:
    from accrue_stripe.settings import StripeSettings


class StripeCheck:
    """One account: its mode and its secrets; online, the endpoints that we made."""

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
        """Look at the endpoints that ``accrue stripe webhooks create`` made."""
        connection = Connection(self._account)
        try:
            found = await Endpoints(connection, "", run="doctor").everywhere()
        finally:
            await connection.close()
        return list(self._endpoints([one for one in found if one.is_enabled]))

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
