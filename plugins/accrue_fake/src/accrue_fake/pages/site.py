"""The fake processor's own pages, as one application per processor."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from litestar.di import Provide

from accrue_core.contracts.routes import ASGIApplication, Mount
from accrue_core.pages.app import Site, create_pages
from accrue_fake.pages import checkout, invoices, portal, portal_cards, words
from accrue_fake.pages.desk import Desk
from accrue_fake.processor import FakeProcessor

if TYPE_CHECKING:
    from accrue_core.facade import Billing

PATH = "/fake"


def mounts(billing: Billing) -> Iterable[Mount]:
    """Return the pages of every fake processor there is, also of one that the host made.

    One is at ``/fake``; several are at ``/fake/<name>``, since each has addresses of its own.
    """
    fakes = [one for one in billing.plugins.processors.values() if isinstance(one, FakeProcessor)]
    return tuple(
        Mount(
            PATH if len(fakes) == 1 else f"{PATH}/{fake.name}",
            create_fake_pages(billing, fake),
            title="Fake payments",
        )
        for fake in fakes
    )


def create_fake_pages(billing: Billing, fake: FakeProcessor) -> ASGIApplication:
    """Return the checkout, the portal and the invoices of one fake processor.

    Nobody signs in here, as at any processor: an address opens its page to whoever has it.
    """
    desk = Desk(fake.backend)
    return create_pages(
        Site(
            name="fake",
            title="Fake payments",
            folder=Path(__file__).parent,
            forms_lead_to=tuple(sorted(billing.settings.allowed_origins)),
            words={"words": words},
        ),
        billing,
        [
            *checkout.HANDLERS,
            *portal.HANDLERS,
            *portal_cards.HANDLERS,
            *invoices.HANDLERS,
        ],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
    )
