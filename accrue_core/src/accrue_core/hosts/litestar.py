"""Accrue in a Litestar application: the mount, the ``billing`` dependency, gates and problems."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import HTTPRouteHandler
from litestar.plugins import InitPlugin, ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Scope

from accrue_core.actors import Actor
from accrue_core.app import Accrue
from accrue_core.billing.catalog import Catalog
from accrue_core.contracts.routes import ASGIApplication
from accrue_core.errors import AccrueError, ConfigurationError, InvalidRequest, NotAllowed
from accrue_core.facade import Billing
from accrue_core.http import problems
from accrue_core.owners import Owner
from accrue_core.pages.entrance import identify

_log = logging.getLogger("accrue.hosts")

_DOORS = ("/webhooks", "/health")
"""What strangers and monitors reach: no session, no sign-in, no form token."""

_METHODS = list(HttpMethod)

_PROBLEM = problems.CONTENT_TYPE.decode()
_FORBIDDEN = {"type": "about:blank", "title": "Forbidden", "status": 403}
_FORBIDDEN_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>Forbidden</title>'
    "<h1>Forbidden</h1><p>This page is not open to you.</p></html>"
)


class GateClosed(PermissionDeniedException):
    """The guard's only refusal. It never says why: not signed in, not paid and broken look alike.

    A host may register an exception handler of its own for it, such as a page that sells.
    """


class AccruePlugin(InitPlugin, ReceiveRoutePlugin):
    """Adds to a Litestar application what a host needs of Accrue.

    The lifespan runs first among the application's, so that the others may already call verbs.
    Below ``path`` come the webhook door, health and the pages that plugins bring. A handler asks
    for ``billing: NamedDependency[Billing]``, which acts as the signed-in user. An
    ``AccrueError`` that leaves a handler becomes problem+json. What the application itself
    registers for the same names and errors wins.
    """

    def __init__(self, accrue: Accrue, path: str = "/billing") -> None:
        if not path.startswith("/") or path.endswith("/") or "//" in path or "{" in path:
            raise ConfigurationError(f"Accrue is mounted at a path like /billing, not {path!r}")
        self.accrue = accrue
        self.path = path

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Wire everything; called by Litestar while the application is built."""
        app = self.accrue.asgi()
        csrf = app_config.csrf_config
        own_forms = {csrf.exclude_from_csrf_key if csrf else "exclude_from_csrf": True}
        open_to_all = {**own_forms, "exclude_from_auth": True, "skip_session": True}
        app_config.route_handlers.append(_mounted(app, self.path, opt=own_forms))
        for door in _DOORS:
            app_config.route_handlers.append(_mounted(app, self.path, door, opt=open_to_all))
        app_config.lifespan.insert(0, self.accrue.lifespan)
        app_config.dependencies.setdefault("billing", Provide(self.provide_billing))
        app_config.exception_handlers = {
            AccrueError: answer_problem,
            GateClosed: answer_forbidden,
            **app_config.exception_handlers,
        }
        return app_config

    def receive_route(self, route: BaseRoute) -> None:
        """Refuse a gate whose feature or plan is not in the catalog, while the host starts."""
        handlers: list[Any] = list(getattr(route, "route_handlers", ()))
        if not isinstance(route, HTTPRoute):
            handlers = [getattr(route, "route_handler", None)]
        for handler in filter(None, handlers):
            for guard in handler.resolve_guards():
                if isinstance(guard, Gate):
                    self._check(guard, route.path)

    async def provide_billing(self, scope: Scope) -> Billing:
        """Return the verbs, acting as whoever is signed in.

        Nobody signed in is ``NotAllowed``, never a silent "system": a ledger that cannot say who
        did it is worse than a refusal. Code that acts for the host itself uses
        ``accrue.billing``, and by that says so.
        """
        identity = await identify(self.accrue.billing, scope)
        if identity is None:
            raise NotAllowed("nobody is signed in")
        return self.accrue.billing.acting_as(Actor("user", identity.user_id))

    def _check(self, gate: Gate, path: str) -> None:
        try:
            gate.check(self.accrue.runtime.catalog)
        except InvalidRequest as error:
            raise ConfigurationError(f"the gate of {path}: {error}") from error


@dataclass(frozen=True, slots=True)
class Gate:
    """A guard that opens for an owner, and stays closed for every other reason there is."""

    check: Callable[[Catalog], object]
    is_open_to: Callable[[Billing, Owner], Awaitable[bool]]

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: object) -> None:
        """Raise ``GateClosed`` unless somebody is signed in for an owner who may pass."""
        try:
            accrue = connection.app.plugins.get(AccruePlugin).accrue
            identity = await identify(accrue.billing, connection.scope)
            owners = identity.owners if identity is not None else ()
            is_open = bool(owners) and await self.is_open_to(accrue.billing, owners[0])
        except Exception as error:
            _log.error("gate closed: %s", type(error).__name__)
            is_open = False
        if is_open is not True:
            raise GateClosed


def require_feature(feature: str) -> Gate:
    """Return a guard for owners entitled to a feature: ``guards=[require_feature("reports")]``.

    The owner is the first one of the auth adapter's identity, never anything the request names.
    A feature that no plan has stops the application from being built.
    """
    return Gate(
        lambda catalog: catalog.require_feature(feature),
        lambda billing, owner: billing.entitled(owner, feature),
    )


def require_plan(plan: str | None = None) -> Gate:
    """Return a guard for owners with a plan; without a key, for those who pay for or try any."""
    return Gate(
        lambda catalog: plan is None or catalog.plan(plan),
        lambda billing, owner: billing.has_active_plan(owner, plan),
    )


def answer_problem(_: Request[Any, Any, Any], error: AccrueError) -> Response[bytes]:
    """Answer problem+json; what is our own fault is logged, not told."""
    status, body = problems.problem(error)
    if status >= 500:
        _log.error("a request failed: %s", error.code, exc_info=error)
    return _answer(problems.encoded(body), status, _PROBLEM)


def answer_forbidden(request: Request[Any, Any, Any], _: GateClosed) -> Response[bytes]:
    """Answer 403 in the form the client asked for, with nothing in it to learn from."""
    wanted = request.accept.best_match([_PROBLEM, "application/json", "text/html"])
    if wanted == "text/html":
        return _answer(_FORBIDDEN_PAGE.encode(), 403, "text/html")
    return _answer(problems.encoded(_FORBIDDEN), 403, _PROBLEM)


def _answer(content: bytes, status: int, media_type: str) -> Response[bytes]:
    headers = {"cache-control": "no-store", "vary": "accept"}
    return Response(content, status_code=status, media_type=media_type, headers=headers)


def _mounted(
    app: ASGIApplication, path: str, door: str = "", *, opt: Mapping[str, Any]
) -> HTTPRouteHandler:
    """Return a handler that gives everything below a path to an ASGI application.

    Litestar's own ASGI mount takes ``/billing-history/{year}`` from a host for ``/billing``,
    knows no mount within a mount, and leaves ``root_path`` empty. A handler that answers with an
    application has none of these faults. The host's request hooks are kept away from it: one that
    read the body would leave nothing of what the processor signed.
    """

    async def mounted(scope: Scope) -> ASGIApp:
        async def answer(_: Any, receive: Any, send: Any) -> None:
            await app(_below(scope, door), receive, send)

        return answer

    return HTTPRouteHandler(
        [f"{path}{door}", f"{path}{door}/{{rest:path}}"],
        http_method=_METHODS,
        name=f"accrue{path}{door}".replace("/", "."),
        before_request=_do_nothing,
        after_request=_keep,
        after_response=_do_nothing,
        include_in_schema=False,
        opt=opt,
    )(mounted)


async def _do_nothing(_: Request[Any, Any, Any]) -> None:
    """Stand in for a hook of the host."""


async def _keep(answer: Any) -> Any:
    return answer


def _below(scope: Mapping[str, Any], door: str) -> dict[str, Any]:
    """Return the scope as ASGI wants it below a mount: ``path`` begins with ``root_path``.

    What Litestar remembers of this connection is left behind: a mounted Litestar would take the
    host's base URL for its own and make its links from it.
    """
    outer = scope.get("root_path", "").rstrip("/")
    rest = str(scope["path_params"].get("rest", ""))
    root = scope["path"].removesuffix(rest).removesuffix(door)
    state = {key: value for key, value in scope["state"].items() if not key.startswith("_ls_")}
    return {
        **scope,
        "root_path": f"{outer}{root.rstrip('/')}",
        "path": f"{outer}{scope['path']}",
        "state": state,
    }
