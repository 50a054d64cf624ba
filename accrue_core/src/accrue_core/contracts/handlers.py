"""Handlers: host or plugin code that runs for one event, as a job of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from accrue_core.contracts.events import ProcessorEvent

if TYPE_CHECKING:
    from accrue_core.facade import Billing


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntryView:
    """One ledger entry, as handlers and timelines see it.

    ``data`` is what the event says, ``after`` the non-personal columns of the subject as they
    were once it had happened. ``cause`` is ``operation:``, ``webhook:``, ``refresh:`` or
    ``import:`` followed by an id or ref.
    """

    id: str
    type: str
    subject: str
    customer_id: str | None
    sequence: int
    at: datetime
    actor: str
    cause: str
    data: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReceived:
    """One webhook whose facts have been absorbed."""

    delivery_id: str
    processor: str
    event: ProcessorEvent


class EventHandler(Protocol):
    """Runs for ledger entries: after they are committed, at least once, in no fixed order.

    ``types`` holds exact event types (``subscription.started``) or ``"*"``. A handler has its
    own retries and its own failures; it cannot delay the mirror or another handler. ``handle``
    may be ``async def`` or plain ``def``; a plain one runs in a thread. Verbs called through the
    given ``billing`` carry an operation id made of this run, so that a retry cannot double them.
    Entries caused by an import are not handled.
    """

    @property
    def name(self) -> str:
        """Unique among handlers, and stable: it names the rows of its runs."""
        ...

    @property
    def types(self) -> frozenset[str]:
        """The event types it wants."""
        ...

    def handle(self, event: LedgerEntryView, billing: Billing) -> Awaitable[None] | None:
        """Do the work; raise to be retried."""
        ...


class WebhookHandler(Protocol):
    """Runs for processor events, also those of kinds that nobody mirrors; else as above."""

    @property
    def name(self) -> str:
        """Unique among handlers, and stable: it names the rows of its runs."""
        ...

    @property
    def types(self) -> frozenset[str]:
        """The processor's event types it wants, or ``"*"``."""
        ...

    def handle(self, event: WebhookReceived, billing: Billing) -> Awaitable[None] | None:
        """Do the work; raise to be retried."""
        ...


def wants(types: frozenset[str], type_: str) -> bool:
    """Whether a handler of these types wants this one."""
    return type_ in types or "*" in types
