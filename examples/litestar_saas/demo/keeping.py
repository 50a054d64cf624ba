"""What is kept from one start to the next: Accrue's database, and the processor's books beside it.

The books are written for the first time when the seeding is complete, and whole: that they exist
is what says so. A start that finds none begins anew.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from accrue_core import Accrue, Secret
from accrue_core.billing.customers.models import customers
from accrue_core.billing.invoices.models import invoices
from accrue_core.billing.subscriptions.models import subscriptions
from accrue_core.errors import AccrueError
from accrue_fake import Engine
from accrue_fake.hosting.journal import Journal
from examples.litestar_saas.catalog import OFFERS
from examples.litestar_saas.demo.lives import FIRST_DAY
from examples.litestar_saas.wiring import DATABASE

if TYPE_CHECKING:
    from accrue_fake.wire.stripe.app import StripeServer

_BOOKS = "processor.json"
_DATABASE = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
_LOCK = "running"
_FORMS = "forms"


class FolderInUse(Exception):
    """Another process keeps its demonstration in this folder; the message says where it is."""


class Torn(Exception):
    """Database and books do not tell the same story, and neither can mend the other."""


class Folder:
    """The folder of one demonstration, held by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.books = path / _BOOKS
        self._lock: int | None = None

    def claim(self) -> None:
        """Keep every other process out until this one ends, however it ends."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            where = os.read(self._lock, 200).decode(errors="replace").strip()
            raise FolderInUse(where or "somewhere") from None

    def announce(self, url: str) -> None:
        """Tell who comes next where this demonstration is."""
        # Written in place: a new file would be another lock.
        (self.path / _LOCK).write_text(url)

    def form_secret(self) -> Secret:
        """Return what signs the forms: kept, so that a page outlives a restart of the host."""
        path = self.path / _FORMS
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return Secret(path.read_text())

    @property
    def is_kept(self) -> bool:
        """Whether there is a demonstration to go on with."""
        return self.books.exists() and (self.path / DATABASE).exists()

    @property
    def has_rest(self) -> bool:
        """Whether something of an earlier start is here, finished or not."""
        return (self.path / DATABASE).exists()

    def clear(self) -> None:
        """Begin anew. The books go first: a kill half-way leaves a start that begins anew, too."""
        for name in (_BOOKS, f"{_BOOKS}.journal", f"{_BOOKS}.draft", *_DATABASE):
            (self.path / name).unlink(missing_ok=True)

    def journal(self) -> Journal:
        """Return what writes the books down."""
        return Journal(self.books)


def new_engine(secret: Secret, pages: str) -> Engine:
    """Return a processor with our prices and nothing else."""
    engine = Engine(start=FIRST_DAY, webhook_secret=secret, pages=pages)
    stock(engine)
    return engine


def stock(engine: Engine) -> None:
    """Offer our prices there, as one does once in a real processor's pages."""
    for offer in OFFERS:
        product = f"Fieldnotes {offer.plan.capitalize()}"
        engine.catalogue.add_price(offer.ref, offer.price, offer.interval, product=product)


def restore(journal: Journal, secret: Secret, pages: str) -> Engine:
    """Return the processor as it last was. ``Torn`` when its books cannot be read."""
    try:
        engine = journal.restore(lambda: new_engine(secret, pages), secret=secret, pages=pages)
        stock(engine)
    except AccrueError as error:
        raise Torn(f"the processor's books cannot be used: {error}") from error
    return engine


def stripe_server(folder: Folder, pages: str, *, is_kept: bool) -> StripeServer:
    """Return an account of Stripe's as it last was, or a new one with our prices."""
    from accrue_fake.wire.stripe.app import create_stripe_app
    from accrue_fake.wire.stripe.served import loaded

    try:
        server = (
            loaded(folder.books.read_bytes())
            if is_kept
            else create_stripe_app(Engine(start=FIRST_DAY))
        )
        server.engine.pages_at(pages)
        stock(server.engine)
    except AccrueError as error:
        raise Torn(f"the processor's books cannot be used: {error}") from error
    return server


async def check_together(accrue: Accrue, engine: Engine) -> None:
    """Raise ``Torn`` when the database knows of things that the processor has never heard of.

    The books are written before anybody hears of a change, so that cannot come of a kill. It
    comes of a power cut, or of files that were copied or deleted. What the processor has and the
    database has not is no trouble: webhooks and recovery bring it.
    """
    books, processor = engine.books, accrue.settings.processor
    pairs = (
        (customers, books.customers),
        (subscriptions, books.subscriptions),
        (invoices, books.invoices),
    )
    try:
        async with accrue.billing.reading() as reading:
            for table, shelf in pairs:
                rows = await reading.all(select(table.c.ref).where(table.c.processor == processor))
                strange = [row["ref"] for row in rows if row["ref"] not in shelf]
                if strange:
                    what = table.name.removeprefix("accrue_")
                    raise Torn(
                        f"the database has {what} that the {processor} processor does not know, "
                        f"{strange[0]} among them"
                    )
    except Torn:
        await accrue.runtime.close()
        raise
