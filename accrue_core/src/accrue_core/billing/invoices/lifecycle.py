"""What an invoice's statuses mean."""

from __future__ import annotations

from accrue_core.contracts.invoices import InvoiceStatus

COLLECTABLE = frozenset({InvoiceStatus.OPEN})
"""Final, and still to be paid."""

CLOSED = frozenset({InvoiceStatus.PAID, InvoiceStatus.VOID})
"""Nothing is owed any more, and nothing will change."""
