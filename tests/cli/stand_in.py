"""A small processor of the tests: it knows every customer, and loses every answer to a command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from accrue_core import hookimpl
from accrue_core.clock import Clock
from accrue_core.contracts.capabilities import (
    NATIVE,
    TEST_ONLY,
    UNSUPPORTED,
    Capability,
    SupportTable,
    bounded,
)
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.events import ListedEvent, ProcessorEvent
from accrue_core.contracts.processor import REQUESTS, Processor, Recovery
from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import ProcessorUnavailable, RemoteMissing, SignatureInvalid
from accrue_core.owners import Owner

EMAIL = "ada@example.org"
SIGNED = {"signature": "good"}
SLOW = 1.0
"""Seconds that a fetch of a slow customer takes."""


class ForgetfulGateway:
    """Does nothing, and never says so: every call is an outcome unknown."""

    async def create(self, request: Any, *, key: Key) -> Answer:
        raise ProcessorUnavailable("standin did not answer")

    attach = cancel = keep = create

    async def fetch(self, ref: str) -> Answer:
        raise RemoteMissing(noun="thing", ref=ref)


class StandIn:
    """One account, called ``standin`` unless said otherwise."""

    fetch_limit = 4
    clock: Clock | None = None

    def __init__(self, name: str = "standin") -> None:
        self.name = name
        self.support: SupportTable = {
            **dict.fromkeys(Capability, NATIVE),
            Capability.ATTACH_PAYMENT_METHOD: TEST_ONLY,
            Capability.CANCEL_AT_DATE: bounded("to the day"),
            Capability.COLLECT_BY_INVOICE: UNSUPPORTED,
        }
        self.recovery: Mapping[str, Recovery] = dict.fromkeys(
            REQUESTS, Recovery(timedelta(0), is_findable=False)
        )
        self.customers: Any = ForgetfulGateway()
        self.payment_methods: Any = ForgetfulGateway()
        self.subscriptions: Any = ForgetfulGateway()
        self.invoices: Any = ForgetfulGateway()

    def verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> ProcessorEvent:
        if headers.get("signature") != SIGNED["signature"]:
            raise SignatureInvalid("not signed by standin")
        event = json.loads(body)
        return ProcessorEvent(
            ref=event["ref"], type="customer.updated", noun="customer", object_ref=event["customer"]
        )

    async def events(self, *, since: datetime) -> AsyncIterator[Sequence[ListedEvent]]:
        for ref in ("cus_1", "cus_2"):
            event = ProcessorEvent(
                ref=f"evt_{ref}", type="customer.updated", noun="customer", object_ref=ref
            )
            yield [ListedEvent(event=event, body=b"{}")]

    async def fetch(self, noun: str, ref: str) -> Answer:
        if ref.startswith("missing"):
            raise RemoteMissing(noun=noun, ref=ref)
        if ref.startswith("slow"):
            await asyncio.sleep(SLOW)
        return Answer(CustomerSnapshot(ref=ref, owner=Owner("team", ref), email=EMAIL))

    async def find_created(self, request: Request, *, key: Key, since: datetime) -> Answer | None:
        return None

    async def close(self) -> None:
        """Nothing is held."""


class Offered:
    """The local plugin of the host: processors, and whatever else a test wants of it."""

    plugin_name = "offered_by_the_test"

    def __init__(
        self,
        processors: Sequence[Processor] = (),
        *,
        handlers: Sequence[Any] = (),
        commands: Sequence[Any] = (),
    ) -> None:
        self._processors, self._handlers, self._commands = processors, handlers, commands

    @hookimpl
    def register_processors(self) -> Sequence[Processor]:
        return self._processors

    @hookimpl
    def register_event_handlers(self) -> Sequence[Any]:
        return self._handlers

    @hookimpl
    def register_commands(self) -> Sequence[Any]:
        return self._commands


def event(ref: str, customer: str) -> bytes:
    """Return the body of a webhook, with something personal in it."""
    return json.dumps({"ref": ref, "customer": customer, "email": EMAIL}).encode()
