"""The desk: what the pages ask of the engine, wherever it runs."""

from __future__ import annotations

from typing import Any, TypeAlias

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from accrue_core.errors import RemoteMissing
from accrue_fake.backend import Backend
from accrue_fake.engine.views import CheckoutView, InvoiceView, PortalView


class Desk:
    """Carries what a customer does on a page to the engine.

    An address that was never given out is a page that does not exist; nothing says why.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def checkout(self, token: str) -> CheckoutView:
        """Return a checkout session."""
        view: CheckoutView = await self.ask("checkout", "page", token=token)
        return view

    async def portal(self, token: str) -> PortalView:
        """Return a portal session."""
        view: PortalView = await self.ask("portal", "page", token=token)
        return view

    async def invoice(self, token: str) -> InvoiceView:
        """Return an invoice."""
        view: InvoiceView = await self.ask("invoices", "page", token=token)
        return view

    async def asked_by_bank(self, secret: str) -> InvoiceView:
        """Return the invoice whose payment a bank has asked its customer about."""
        view: InvoiceView = await self.ask("invoices", "bank_page", secret=secret)
        return view

    async def ask(self, noun: str, method: str, **arguments: Any) -> Any:
        """Ask the engine for anything that its door lists."""
        try:
            return await self._backend.call(noun, method, arguments)
        except RemoteMissing:
            raise NotFoundException from None


TheDesk: TypeAlias = NamedDependency[Desk]
"""How a handler asks for it."""
