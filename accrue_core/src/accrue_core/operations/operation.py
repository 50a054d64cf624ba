"""One remote mutation: written down before it is asked, settled when its answer is absorbed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from accrue_core import telemetry
from accrue_core.context import Context
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key, NextAction
from accrue_core.db.numbers import draw
from accrue_core.db.transaction import Transaction, refuse_inside
from accrue_core.errors import (
    AccrueError,
    CardDeclined,
    InvalidRequest,
    NotAsked,
    OperationAbandoned,
    OperationInProgress,
    OperationMismatch,
    ProcessorError,
    ProcessorRejected,
    ProcessorUnavailable,
    UnknownVocabulary,
)
from accrue_core.ids import PREFIXES, to_text
from accrue_core.mirror.absorb import Told, absorb, names_in
from accrue_core.mirror.load import row_of
from accrue_core.operations import queries
from accrue_core.operations.models import OperationRecord, OperationStatus
from accrue_core.operations.stored import (
    error_of,
    identity_in,
    identity_of,
    joined,
    method_of,
    refusal_of,
    split,
)
from accrue_core.text import checked_text

R = TypeVar("R")
CUSTOMER_KEYS = "customer/"
"""What the keys of creating customers begin with: they are never a caller's."""

MAX_KEY = 255
"""The longest operation id of a caller; steps of a verb add a few letters to it."""


@dataclass(frozen=True, slots=True)
class Settled(Generic[R]):
    """The row that an operation ended in, and what the customer has to do, if anything."""

    row: R
    next_action: NextAction | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation in the hands of a command, or of recovery."""

    record: OperationRecord
    is_new: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether its outcome was known before this call: then ask for ``result``."""
        return self.record.is_finished

    @property
    def request(self) -> Any:
        """The request as it was written down.

        This is what is sent, also by a caller who comes again with an address or metadata that
        has changed meanwhile: one key is one request.
        """
        return joined(self.record)

    @property
    def key(self) -> Key:
        """The names under which the processor knows it."""
        return Key(idempotency_key=f"accrue-{self.record.id}", operation_id=self.record.id)

    @asynccontextmanager
    async def asking(self, ctx: Context) -> AsyncIterator[Processor]:
        """Give the processor to ask, and record what kind of failure it was if it fails.

        A final refusal ends the operation. Not having been asked releases it, so that the same id
        may ask again. Anything else leaves it open, because the effect may have happened: the
        error then carries the operation id, and recovery finds out.
        """
        refuse_inside("a processor call")
        method = self.record.method
        ctx.runtime.announce(f"{method}:before_call")
        try:
            with telemetry.span(f"processor.{method}", processor=self.record.processor):
                async with asyncio.timeout(ctx.settings.call_deadline.total_seconds()):
                    yield ctx.plugins.processor(self.record.processor)
        except (CardDeclined, ProcessorRejected) as error:
            await self._refuse(ctx, error)
            raise
        except NotAsked:
            async with ctx.transaction(f"{method}.release") as tx:
                await queries.release(tx, self.record)
            raise
        except TimeoutError as error:
            raise ProcessorUnavailable(
                f"{self.record.processor} did not answer in time", operation_id=self.record.key
            ) from error
        except ProcessorUnavailable as error:
            error.operation_id = self.record.key
            raise
        ctx.runtime.announce(f"{method}:after_call")

    async def settle(
        self, ctx: Context, answer: Answer, *, asked: int | None = None
    ) -> Settled[Any]:
        """Record success and absorb the answer, together; return the row as it now is.

        ``asked`` is given when the answer is to a later question than the operation's own.
        """
        async with ctx.transaction(f"{self.record.method}.settle") as tx:
            told = Told(
                processor=self.record.processor,
                asked=self.record.asked if asked is None else asked,
                snapshots=answer.snapshots,
                cause=f"operation:{self.record.id}",
            )
            await tx.hold({self.record.subject} | names_in(tx, [told]))
            await queries.lock(tx, self.record.id)
            absorbed = await absorb(tx, told)
            noun, ref = self._main(answer)
            await queries.end(tx, self.record.id, OperationStatus.SETTLED, noun=noun, ref=ref)
        name = (noun, self.record.processor, ref)
        row = absorbed.rows.get(name)
        if row is None:
            raise UnknownVocabulary(
                where=f"status of a {noun}", word=absorbed.unreadable.get(name, "deleted")
            )
        if name in absorbed.overlapped:
            row = await self._ask_again(ctx, noun, ref) or row
        return Settled(row, answer.next_action)

    async def result(self, ctx: Context) -> Settled[Any]:
        """Return the row a settled operation ended in, or raise its final refusal again."""
        record = self.record
        if record.status == OperationStatus.REFUSED and record.refusal is not None:
            raise error_of(record.refusal)
        if record.status == OperationStatus.ABANDONED:
            raise OperationAbandoned(record.key)
        if record.result_noun is None or record.result_ref is None:
            raise OperationInProgress(record.subject, operation_id=record.key)
        mirror = ctx.runtime.mirrors.noun(record.result_noun)
        async with ctx.reading() as reading:
            row = await row_of(reading, mirror, record.processor, record.result_ref)
        if row is None:
            raise UnknownVocabulary(
                where=f"status of a {record.result_noun}", word="what the processor called it"
            )
        return Settled(row)

    async def _refuse(self, ctx: Context, error: ProcessorError) -> None:
        async with ctx.transaction(f"{self.record.method}.refuse") as tx:
            await queries.end(
                tx, self.record.id, OperationStatus.REFUSED, refusal=refusal_of(error)
            )

    async def _ask_again(self, ctx: Context, noun: str, ref: str) -> Any:
        """Fetch the thing once more: something else changed it while our answer was under way."""
        processor = ctx.plugins.processor(self.record.processor)
        async with ctx.transaction("overlap.ask") as tx:
            asked = await draw(tx)
        try:
            answer = await processor.fetch(noun, ref)
        except AccrueError:
            # The refresh that was promised with the settlement will ask again.
            return None
        async with ctx.transaction("overlap.absorb") as tx:
            absorbed = await absorb(
                tx,
                Told(
                    processor=processor.name,
                    asked=asked,
                    snapshots=answer.snapshots,
                    cause=f"operation:{self.record.id}",
                ),
            )
        return absorbed.rows.get((noun, processor.name, ref))

    def _main(self, answer: Answer) -> tuple[str, str]:
        return answer.main.noun, answer.main.ref


async def begin(
    ctx: Context,
    tx: Transaction,
    request: Request,
    *,
    subject: str,
    processor: str,
    key: str | None,
) -> Operation:
    """Write an operation down, or find the one that already has this key.

    The subject must be held. Returns an operation that is new (guards apply), open (somebody is
    or was asking; asking again is safe), or finished (only ``result`` is left). Raises
    ``OperationMismatch`` when the key belongs to another request, ``OperationInProgress`` while
    another operation on the subject is open.
    """
    if subject not in tx.held:
        raise RuntimeError(f"{subject} must be held before an operation on it begins")
    if key is not None:
        # Held after the subject, and nothing is held after it: one id used for two subjects at
        # once is a mismatch then, not a violated constraint.
        await tx.hold([f"operation:{key}"])
    known, other = await queries.standing(tx, key, subject)
    if known is not None:
        _require_same(known, request, subject=subject, processor=processor)
        if known.is_finished:
            return Operation(known)
    if other is not None:
        raise OperationInProgress(subject, operation_id=other.key)
    lease = ctx.settings.lease
    if known is not None:
        return Operation(await queries.take(tx, known.id, lease=lease))
    content, personal = split(request)
    id_ = to_text(PREFIXES["operation"], ctx.runtime.ids.new())
    values = {
        "id": id_,
        "key": key or id_,
        "method": method_of(request),
        "subject": subject,
        "processor": processor,
        "request": content,
        "personal": personal,
        "asked": await draw(tx),
        "actor": str(ctx.actor),
    }
    return Operation(await queries.add(tx, values, lease=lease), is_new=True)


def _require_same(
    known: OperationRecord, request: Request, *, subject: str, processor: str
) -> None:
    """Refuse a key that belongs to another request, or to one whose fate nobody knows."""
    wanted = (method_of(request), subject, processor, identity_of(request))
    if (known.method, known.subject, known.processor, identity_in(known)) != wanted:
        raise OperationMismatch(known.key)
    if known.status == OperationStatus.STUCK:
        raise OperationInProgress(subject, operation_id=known.key)


def checked_key(key: str | None) -> str | None:
    """Return an operation id as a caller gave it, or ``InvalidRequest``."""
    if key is not None and checked_text(key, name="an operation id", longest=MAX_KEY).startswith(
        CUSTOMER_KEYS
    ):
        raise InvalidRequest(f"an operation id may not begin with {CUSTOMER_KEYS!r}")
    return key
