"""The demonstration as ``make demo PROCESSOR=stripe``: through Stripe's SDK, over a real line."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from accrue_core import Secret
from accrue_core.db import migrate
from examples.litestar_saas.app import create_app
from examples.litestar_saas.demo.backstage import Backstage, with_stripe
from examples.litestar_saas.demo.clockwork import Clockwork
from examples.litestar_saas.demo.courier import CourierError
from examples.litestar_saas.demo.keeping import Folder
from examples.litestar_saas.demo.seeding import Seeding
from examples.litestar_saas.demo.server import listen, make_server, serving
from examples.litestar_saas.demo.theatre import Theatre
from examples.litestar_saas.people import HARBOR
from tests.hosts.demo_host import (
    ADDRESS,
    Demos,
    browser,
    form,
    free_port,
    read_until,
    sign_in,
    stop,
    submit,
)

SEEDED = {"PROCESSOR": "stripe", "ACCRUE_DEMO_ORGANIZATIONS": "5"}
GOOD = "pm_card_visa"


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[Demos]:
    demos = Demos(tmp_path / "demo")
    yield demos
    demos.end()


def started(demos: Demos) -> tuple[subprocess.Popen[str], str, str]:
    """Return a host that is ready, its address, and where Stripe's API is spoken."""
    process = demos.start(**SEEDED)
    url = read_until(process, ADDRESS)[1]
    stripe = read_until(process, r"speaks at (http://127\.0\.0\.1:\d+)")[1]
    read_until(process, "The ledger is intact")
    read_until(process, "Ctrl-C")
    return process, url, stripe


def test_a_visitor_buys_cancels_and_finds_it_again(demos: Demos) -> None:
    process, url, stripe = started(demos)
    with browser(url) as client:
        sign_in(client, "sofia")
        assert client.get("/reports").status_code == 303
        plans = client.get("/plans")
        assert f"form-action 'self' {stripe};" in plans.headers["content-security-policy"]
        opened = client.post("/checkout", data=form(plans.text, "/checkout"))
        hosted = opened.headers["location"]
        assert hosted.startswith(f"{stripe}/checkout/")
        assert "Due today" in client.get(hosted).text

        paid = client.post(hosted, data={"card": GOOD})
        assert paid.headers["location"].startswith(f"{url}/checkout/done?session=cs_")
        assert "Your trial has begun" in client.get(paid.headers["location"]).text
        assert client.get("/reports").status_code == 200

        assert "Ends on 5 December 2026" in submit(client, "/settings", "/subscription/cancel").text
        portal = client.get("/billing/portal", follow_redirects=True)
        assert portal.status_code == 200
        assert "Pro" in portal.text
    with browser(url) as operator:
        sign_in(operator, "noor")
        assert "Harbor Lights" in operator.get("/billing/admin/customers").text
    process.kill()
    process.wait()

    again, url, stripe = started(demos)
    with browser(url) as client:
        assert "Ends on 5 December 2026" in sign_in(client, "sofia").text
        submit(client, "/", "/demo/clock", step="month")
        assert eventually(lambda: client.get("/demo/clock").status_code == 303)
        assert "Ended on 5 December 2026" in client.get("/").text
        assert client.get("/reports").status_code == 303
        assert answers_to_webhooks(client, stripe) == {"200"}
    stop(again)


def test_where_it_cannot_sell_is_said_at_once(demos: Demos) -> None:
    said, _ = (process := demos.start(PROCESSOR="paypal")).communicate(timeout=30)

    assert process.returncode == 2
    assert "PROCESSOR is fake or stripe, not 'paypal'" in said
    assert not demos.folder.exists()


async def test_webhooks_that_met_a_closed_door_come_again_by_themselves(tmp_path: Path) -> None:
    port, folder = free_port(), Folder(tmp_path / "demo")
    folder.claim()
    async with with_stripe(folder, f"http://127.0.0.1:{port}", is_kept=False) as backstage:
        await migrate.upgrade(backstage.host.accrue.settings)
        await backstage.host.accrue.billing.customer(HARBOR)
        with pytest.raises(CourierError, match="ConnectionError"):
            await backstage.courier.settle()
        assert backstage.courier.posted == 0

        with listen(port) as listener:
            async with serving(make_server(application(backstage)), listener):
                bringing = asyncio.create_task(backstage.courier.keep_bringing())
                async with asyncio.timeout(30):
                    while not backstage.courier.posted:
                        await asyncio.sleep(0.05)
                bringing.cancel()
                await asyncio.wait({bringing})


def application(backstage: Backstage) -> object:
    """Return the host's application, with nothing seeded."""
    clockwork = Clockwork(backstage.engine, backstage.courier)
    play = Seeding(backstage.host, backstage.engine, backstage.courier, clockwork)
    theatre = Theatre(host=backstage.host, clockwork=clockwork, seeding=play, is_ready=True)
    return create_app(backstage.host, theatre, form_secret=Secret("forms" * 9))


def answers_to_webhooks(client: httpx.Client, stripe: str) -> set[str]:
    """Return what the host has answered, as the account's own page tells it."""
    page = client.get(f"{stripe}/").text
    return set(re.findall(r"<td>evt_\S+ [^<]*</td>(?:<td>[^<]*</td>){2}<td>([^<]*)</td>", page))


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait, bounded, until something holds."""
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
