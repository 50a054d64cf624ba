"""A small Litestar host, an auth adapter that believes a header, and a page that is mounted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from accrue_core import Accrue, Billing, Settings, hookimpl
from accrue_core.contracts.auth import AuthAdapter, Identity
from accrue_core.contracts.routes import Mount
from accrue_core.errors import CardDeclined, ProcessorMisconfigured
from accrue_core.hosts.litestar import AccruePlugin, require_feature, require_plan
from accrue_fake.engine.engine import Engine
from accrue_fake.processor import FakeProcessor
from tests.stage import CATALOG, OTHER_TEAM, TEAM, Offered, new_engine


class HeaderAuth:
    """Believes a header, which only a test may do."""

    name = "header"

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        user = dict(scope["headers"]).get(b"user", b"").decode()
        if user == "broken":
            raise RuntimeError("the session store is away")
        owners = {"ann": (TEAM,), "bob": (OTHER_TEAM,), "nameless": (TEAM,)}.get(user, ())
        if not user:
            return None
        return Identity(user_id="" if user == "nameless" else user, owners=owners)


class HostPlugin(Offered):
    """Offers the auth adapter, and a page of a mounted Litestar application."""

    plugin_name = "host"

    @hookimpl
    def register_auth_adapters(self) -> Sequence[AuthAdapter]:
        return (HeaderAuth(),)

    @hookimpl
    def register_routes(self, billing: Billing) -> Sequence[Mount]:
        return (Mount("/desk", Litestar([charge_page], logging_config=None)),)  # type: ignore[arg-type]


@get("/charges/{charge_id:str}", name="charge", sync_to_thread=False)
def charge_page(request: Request[Any, Any, State], charge_id: FromPath[str]) -> dict[str, str]:
    return {"link": request.url_for("charge", charge_id=charge_id), "path": request.url.path}


@get("/reports", guards=[require_feature("reports")], sync_to_thread=False)
def reports() -> str:
    return "the reports"


@get("/paying", guards=[require_plan()], sync_to_thread=False)
def paying() -> str:
    return "thank you"


@get("/whoami", sync_to_thread=False)
def whoami(request: Request[Any, Any, State], billing: NamedDependency[Billing]) -> str:
    assert str(request.base_url)
    return str(billing.actor)


@get("/declined", sync_to_thread=False)
def declined() -> None:
    raise CardDeclined(reason="insufficient_funds")


@get("/misconfigured", sync_to_thread=False)
def misconfigured() -> None:
    raise ProcessorMisconfigured("the key sk_test_1 is wrong")


class Host:
    """A host application, and a client that speaks to it in process."""

    def __init__(self, database_url: str, *, auth: str = "header", **options: Any) -> None:
        self.engine: Engine = new_engine()
        self.accrue = Accrue(
            Settings(
                database_url=database_url,
                auth=auth,
                plugins_disabled=frozenset({"fake", "stripe", "admin", "portal"}),
            ),
            catalog=CATALOG,
            clock=self.engine.clock,
            plugins=[HostPlugin([FakeProcessor(self.engine)])],
        )
        handlers = [reports, paying, whoami, declined, misconfigured]
        self.app = Litestar(
            handlers,
            plugins=[AccruePlugin(self.accrue)],
            logging_config=None,
            openapi_config=None,
            **options,
        )

    @asynccontextmanager
    async def client(self, root_path: str = "") -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app, root_path=root_path)  # type: ignore[arg-type]
        async with (
            self.app.lifespan(),
            httpx.AsyncClient(transport=transport, base_url="http://host.test") as client,
        ):
            yield client
