"""Behind the stage: the processor that plays along, and the host that sells there."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from accrue_core import Secret
from examples.litestar_saas.catalog import STRIPE
from examples.litestar_saas.demo import keeping
from examples.litestar_saas.demo.courier import DOOR, Bell, Courier, road_to
from examples.litestar_saas.demo.engine import KeptEngine
from examples.litestar_saas.demo.keeping import Folder
from examples.litestar_saas.demo.server import LOOPBACK, listen, make_server, serving
from examples.litestar_saas.wiring import Host, build, build_at_stripe


@dataclass(frozen=True, slots=True)
class Backstage:
    """The processor's engine, the host, and who brings webhooks from the one to the other."""

    engine: KeptEngine
    host: Host
    courier: Courier


@asynccontextmanager
async def with_the_fake(folder: Folder, url: str, *, is_kept: bool) -> AsyncIterator[Backstage]:
    """Sell at the Fake, in this process; its pages are the host's."""
    secret, pages, bell = Secret(secrets.token_hex(24)), f"{url}/billing/fake", Bell()
    journal = folder.journal()
    made = keeping.restore(journal, secret, pages) if is_kept else keeping.new_engine(secret, pages)
    engine = KeptEngine(made, journal)
    host = build(folder.path, engine, origin=url, webhook_secret=secret, announce=bell)
    async with road_to(url) as road:
        yield Backstage(engine, host, Courier(engine, host.accrue.billing, road, bell=bell))


@asynccontextmanager
async def with_stripe(folder: Folder, url: str, *, is_kept: bool) -> AsyncIterator[Backstage]:
    """Sell through Stripe's SDK at an account that the Fake plays, on a port of its own."""
    from accrue_fake.wire.stripe.served import Served
    from accrue_stripe.settings import StripeSettings
    from examples.litestar_saas.demo.line import LineCourier, LineEngine, own_door

    bell = Bell()
    with listen(0) as listener:
        origin = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        server = keeping.stripe_server(folder, origin, is_kept=is_kept)
        secret = own_door(server, url + DOOR.format(processor=STRIPE))
        engine = LineEngine(Served(server, books=folder.books))
        account = StripeSettings(
            api_key=Secret("sk_test_fieldnotes"), api_base=origin, webhook_secrets=(secret,)
        )
        host = build_at_stripe(folder.path, account, clock=engine.clock, origin=url, announce=bell)
        line = make_server(engine, lifespan="off")
        async with road_to(url) as road, serving(line, listener):
            courier = LineCourier(engine, server, host.accrue.billing, road, bell=bell)
            yield Backstage(engine, host, courier)
