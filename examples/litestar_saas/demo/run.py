"""One run of the demonstration: what is kept or seeded, the server, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from socket import socket

from accrue_core.db import migrate
from accrue_core.errors import AccrueError
from accrue_core.pages.words import day
from examples.litestar_saas.app import create_app
from examples.litestar_saas.catalog import FAKE, STRIPE
from examples.litestar_saas.demo import keeping
from examples.litestar_saas.demo.backstage import Backstage, with_stripe, with_the_fake
from examples.litestar_saas.demo.clockwork import Clockwork
from examples.litestar_saas.demo.courier import Courier
from examples.litestar_saas.demo.engine import KeptEngine
from examples.litestar_saas.demo.keeping import Folder, FolderInUse, Torn
from examples.litestar_saas.demo.lives import the_year
from examples.litestar_saas.demo.seeding import Seeding
from examples.litestar_saas.demo.server import LOOPBACK, listen, make_server, serving
from examples.litestar_saas.demo.summary import Summary, summed_up
from examples.litestar_saas.demo.terminal import Terminal
from examples.litestar_saas.demo.theatre import Theatre
from examples.litestar_saas.people import VISITORS
from examples.litestar_saas.wiring import Host
from examples.litestar_saas.words import in_short


class BooksAreWrong(Exception):
    """What is in the database is not what was played, or not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one start is told: where to listen and to keep, and whether to end once it is ready.

    ``processor`` is where Fieldnotes sells: at the Fake, or through Stripe's API.
    """

    port: int
    folder: Path
    organizations: int
    processor: str = FAKE
    is_reset: bool = False
    is_once: bool = False


class Demo:
    """Everything runs on one loop in one process."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._terminal = Terminal()
        self._folder = Folder(options.folder)

    async def run(self) -> int:
        """Seed or go on, serve, and stay; return the exit code."""
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
        try:
            self._folder.claim()
        except FolderInUse as where:
            self._terminal.complain(
                f"The demo of {self._options.folder} is already running at {where}. End it first, "
                "or choose another folder with ACCRUE_DEMO_FOLDER."
            )
            return 1
        with listen(self._options.port) as listener:
            try:
                return await self._serve(listener)
            except Torn as torn:
                self._terminal.complain(
                    f"The demo kept in {self._options.folder} cannot go on: {torn}. "
                    "RESET=1 make demo starts anew."
                )
            except AccrueError as error:
                self._terminal.complain(f"The demo cannot start: {error}.")
            return 1

    async def _serve(self, listener: socket) -> int:
        port = listener.getsockname()[1]
        url = f"http://{LOOPBACK}:{port}"
        self._folder.announce(url)
        is_kept = self._made_ready()
        behind = with_stripe if self._options.processor == STRIPE else with_the_fake
        async with behind(self._folder, url, is_kept=is_kept) as backstage:
            engine, host = backstage.engine, backstage.host
            await migrate.upgrade(host.accrue.settings)
            if is_kept:
                await keeping.check_together(host.accrue, engine.engine)
                engine.keep()
            clockwork = Clockwork(engine, backstage.courier)
            seeding = Seeding(host, engine, backstage.courier, clockwork)
            theatre = Theatre(host=host, clockwork=clockwork, seeding=seeding, is_ready=is_kept)
            server = make_server(create_app(host, theatre, form_secret=self._folder.form_secret()))
            async with serving(server, listener) as served:
                self._greet(host, port)
                playing = asyncio.create_task(self._play(theatre, backstage))
                for number in (signal.SIGINT, signal.SIGTERM):
                    # The play first, then the server: it must not lose the door it posts to.
                    asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
                await asyncio.wait({served, playing}, return_when=asyncio.FIRST_COMPLETED)
                code = await self._ending(playing, clockwork)
        engine.compact()
        return code

    def _made_ready(self) -> bool:
        """Say whether there is something to go on with; else clear the folder."""
        if self._folder.is_kept and not self._options.is_reset:
            return True
        if self._folder.has_rest:
            why = "as you asked" if self._folder.is_kept else "it was never completed"
            self._terminal.say(f"The demo kept in {self._options.folder} is made anew: {why}.")
        self._folder.clear()
        return False

    def _greet(self, host: Host, port: int) -> None:
        say, url = self._terminal.say, host.origin
        if self._options.port not in (0, port):
            say(f"Port {self._options.port} is taken; using {port}.")
        say(f"Fieldnotes is at {self._terminal.paint(url, 'strong')} (test mode, no real money)")
        if host.pages_elsewhere is not None:
            say(f"It sells through Stripe's API, which the Fake speaks at {host.pages_elsewhere}")
        say()

    async def _ending(self, playing: asyncio.Task[None], clockwork: Clockwork) -> int:
        if not playing.done():
            playing.cancel()
            await asyncio.wait({playing})
            self._terminal.complain("The server ended by itself.")
            return 1
        await clockwork.stop()
        if playing.cancelled():
            if not self._folder.is_kept:
                self._terminal.say("Ended before the seeding was complete; it begins anew.")
            return 1 if self._options.is_once else 0
        error = playing.exception()
        if error is not None:
            self._terminal.complain(f"The demo failed: {type(error).__name__}: {error}")
        return 0 if error is None else 1

    async def _play(self, theatre: Theatre, backstage: Backstage) -> None:
        engine, courier = backstage.engine, backstage.courier
        started = asyncio.get_running_loop().time()
        if theatre.is_ready:
            await self._go_on(theatre, engine, courier)
        else:
            await self._seed(theatre)
        summary = await summed_up(theatre.host.accrue.billing)
        if not summary.ledger.is_intact:
            raise BooksAreWrong(f"the ledger is broken: {summary.ledger.breaks[0].reason}")
        if not theatre.is_ready:
            if summary.undelivered:
                raise BooksAreWrong(f"{summary.undelivered} webhooks were not worked off")
            engine.keep()
            theatre.is_ready = True
            seconds = asyncio.get_running_loop().time() - started
            self._terminal.say(f"Done in {seconds:.0f} seconds: {courier.posted} webhooks.")
        await self._tell(theatre, summary)
        if not self._options.is_once:
            await courier.keep_bringing()

    async def _seed(self, theatre: Theatre) -> None:
        def show(percent: int, moment: datetime, came: int) -> None:
            self._terminal.show(percent, f"{day(moment)}, {came} organizations")

        self._terminal.say("A year of business passes, every webhook through the host's own door.")
        await theatre.seeding.play(the_year(self._options.organizations), show)

    async def _go_on(self, theatre: Theatre, engine: KeptEngine, courier: Courier) -> None:
        """Bring what was on its way when the last process ended."""
        await engine.call("webhooks", "recall", {})
        await courier.settle()
        self._terminal.say(f"Kept from the last start: it is {day(theatre.now)}, as you left it.")

    async def _tell(self, theatre: Theatre, summary: Summary) -> None:
        say, paint = self._terminal.say, self._terminal.paint
        say(
            f"{summary.customers} organizations are customers, {summary.live} with a live "
            f"subscription, {summary.invoices} invoices."
        )
        say(
            f"The ledger is intact: {summary.ledger.entries} entries in {summary.ledger.chains} "
            "chains, every hash verified."
        )
        say()
        say("Sign in as")
        for person in VISITORS:
            how = (await in_short(theatre.host.accrue.billing, person)).headline
            say(f"  {person.name:<14} {person.organization.name:<22} {paint(how, 'faint')}")
        say()
        if not self._options.is_once:
            say(f"Open {paint(theatre.host.origin, 'strong')} and look around. Ctrl-C ends it, and")
            say("the next start goes on from there; RESET=1 make demo starts anew.")
