"""``accrue fake``: an engine of its own to develop against."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from accrue_core.clock import utc
from accrue_core.money import Money
from accrue_fake.hosting.client import ask
from accrue_fake.settings import FakeSettings

PLACE = click.option(
    "--socket",
    "socket_path",
    required=True,
    envvar="ACCRUE_FAKE_SOCKET",
    type=click.Path(path_type=Path),
    help="Where the engine is hosted; also ACCRUE_FAKE_SOCKET.",
)


@click.group()
def fake() -> None:
    """Run the fake payment processor, and let its time pass."""


@fake.command()
@PLACE
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the books in this file, so that they survive a restart or a kill.",
)
@click.option("--seed", default=0, show_default=True, help="Where chance starts.")
@click.option("--start", default="2026-01-01", show_default=True, help="The first day, in UTC.")
@click.option("--retry-days", default="3,5,7", show_default=True, help="Days between retries.")
@click.option("--final", type=click.Choice(["canceled", "unpaid"]), default="canceled")
@click.option("--with-parent", is_flag=True, help="End when the starting process ends.")
def host(
    socket_path: Path,
    *,
    snapshot: Path | None,
    seed: int,
    start: str,
    retry_days: str,
    final: str,
    with_parent: bool,
) -> None:
    """Host an engine until it is told to end.

    Safe to start again: books kept in a snapshot go on from where they were, and the options of
    the first start stay in force.
    """
    from accrue_fake.engine.engine import Engine
    from accrue_fake.hosting.journal import Journal
    from accrue_fake.hosting.server import Host

    chosen = FakeSettings.from_env()
    secret, pages = chosen.webhook_secret, chosen.pages_url

    def make() -> Engine:
        return Engine(
            seed=seed,
            start=datetime.fromisoformat(start).replace(tzinfo=UTC),
            retry_days=tuple(int(days) for days in retry_days.split(",") if days),
            final="unpaid" if final == "unpaid" else "canceled",
            webhook_secret=secret,
            pages=pages,
        )

    journal = None if snapshot is None else Journal(snapshot)
    engine = make() if journal is None else journal.restore(make, secret=secret, pages=pages)
    asyncio.run(Host(engine, journal).serve(socket_path, is_with_parent=with_parent))


@fake.command()
@PLACE
@click.option("--days", default=0, help="Whole days to let pass.")
@click.option("--hours", default=0, help="Hours to let pass besides.")
def advance(socket_path: Path, *, days: int, hours: int) -> None:
    """Let time pass at a hosted engine, and do what falls due.

    Not safe to repeat: each time is more time.
    """
    delta = timedelta(days=days, hours=hours)
    moment = ask(socket_path, "engine", "advance", {"delta": delta})
    click.echo(f"it is now {utc(moment).isoformat()}")


@fake.command()
@click.option("--wire", type=click.Choice(["stripe"]), required=True, help="Whose format.")
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=12111, show_default=True, help="0 takes a free one.")
@click.option(
    "--books",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Go on from this file and its journal, and keep everything in them; for one server.",
)
@click.option(
    "--seed-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Requests to make first, as JSON; not when books are there already.",
)
@click.option("--seed", default=0, show_default=True, help="Where chance starts.")
@click.option("--start", help="The first day, in UTC; the machine's present by default.")
@click.option(
    "--rate-limit",
    type=click.FloatRange(min=1),
    help="Answer so many requests a second, and 429 beyond; no limit by default.",
)
def serve(
    *,
    wire: str,
    address: str,
    port: int,
    books: Path | None,
    seed_file: Path | None,
    seed: int,
    start: str | None,
    rate_limit: float | None,
) -> None:
    """Serve an engine over HTTP, for the official SDKs of any language.

    Point an SDK's API base at the address that is printed, with any key that begins with
    sk_test_. SIGTERM ends it. With books, whatever was answered outlives a kill.
    """
    from accrue_fake.wire.stripe import serving
    from accrue_fake.wire.stripe.served import environment

    said = environment(
        books=books, seed_file=seed_file, seed=seed, start=start, rate_limit=rate_limit
    )
    serving.become(address, port, said, wire=wire)


@fake.command("add-price")
@PLACE
@click.argument("ref")
@click.argument("amount")
@click.argument("currency")
@click.option("--interval", default="month", show_default=True, help="day, week, month or year.")
def add_price(socket_path: Path, *, ref: str, amount: str, currency: str, interval: str) -> None:
    """Offer a price at a hosted engine.

    Safe to repeat: the same words again change nothing, other words are refused.
    """
    arguments = {"ref": ref, "money": Money.of(amount, currency), "interval": interval}
    ask(socket_path, "catalogue", "add_price", arguments)
    click.echo(f"{ref} costs {arguments['money']} a {interval}")
