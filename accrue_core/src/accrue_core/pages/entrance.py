"""Who may see a set of pages, and as whom what they do there is done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.types import Scope

from accrue_core.actors import Actor, ActorKind
from accrue_core.contracts.auth import Identity
from accrue_core.errors import NotAllowed
from accrue_core.facade import Billing
from accrue_core.pages.statics import PUBLIC

_log = logging.getLogger("accrue.pages")
_VISITOR = "accrue_visitor"


def visitor_of(scope: Mapping[str, Any]) -> Identity | None:
    """Return whom the guard has let in, for a page to say who is there."""
    identity: Identity | None = scope["state"].get(_VISITOR)
    return identity


async def identify(billing: Billing, scope: Mapping[str, Any]) -> Identity | None:
    """Return who the auth adapter says is signed in; an adapter that fails knows nobody."""
    try:
        identity = await billing.plugins.auth.identify(scope)
        return identity if identity is not None and identity.user_id else None
    except Exception as error:
        _log.error("the auth adapter failed: %s", type(error).__name__)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Opens pages to those whom ``is_open_to`` accepts; ``kind`` is what the ledger calls them.

    ``guard`` goes into ``create_pages(guards=[...])`` and asks the adapter anew on each request, so
    that membership is; the two others are dependencies and tell whom it has let in.
    """

    billing: Billing
    kind: ActorKind
    is_open_to: Callable[[Identity], bool]

    async def guard(self, connection: ASGIConnection[Any, Any, Any, Any], handler: Any) -> None:
        """Refuse with 403 unless somebody is signed in who may enter; say nothing more."""
        if handler.opt.get(PUBLIC):
            return
        identity = await identify(self.billing, connection.scope)
        if identity is None or not self.is_open_to(identity):
            raise PermissionDeniedException
        connection.scope["state"][_VISITOR] = identity

    async def identity(self, scope: Scope) -> Identity:
        """Return who is signed in, or ``NotAllowed``."""
        identity = visitor_of(scope)
        if identity is None:
            raise NotAllowed("nobody is signed in who may do this")
        return identity

    async def acting(self, scope: Scope) -> Billing:
        """Return the verbs, acting as whoever is signed in."""
        identity = await self.identity(scope)
        return self.billing.acting_as(Actor(self.kind, identity.user_id))
