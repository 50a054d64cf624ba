"""What every verb is given: the database, the plugins, the clock, and who is acting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from accrue_core import telemetry
from accrue_core.actors import SYSTEM, Actor
from accrue_core.clock import Clock
from accrue_core.contracts.job_runner import Work
from accrue_core.db.engine import Engines, build
from accrue_core.db.transaction import (
    Announce,
    Reading,
    Stamp,
    Transaction,
    reading,
    refuse_inside,
    snapshot,
    transaction,
)
from accrue_core.ids import IdSource
from accrue_core.plugins import Plugins
from accrue_core.settings import Settings

if TYPE_CHECKING:
    from accrue_core.billing.catalog import Catalog

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound="Context")


@dataclass(slots=True, kw_only=True)
class Runtime:
    """What one ``Accrue`` is made of. Engines are made on first use, one pair per event loop.

    ``clock`` is business time, which a demonstration may run fast; ``world_clock`` dates the
    signatures of processors that live in the world.
    """

    settings: Settings
    plugins: Plugins
    clock: Clock
    world_clock: Clock
    ids: IdSource
    mirrors: Any
    catalog: Catalog
    announce: Announce
    work: Work | None = None
    _engines: WeakKeyDictionary[asyncio.AbstractEventLoop, Engines] = field(
        default_factory=WeakKeyDictionary
    )
    _limits: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = field(
        default_factory=WeakKeyDictionary
    )
    _own: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Any]] = field(
        default_factory=WeakKeyDictionary
    )

    def own_of_loop(self, name: str, make: Callable[[], T]) -> T:
        """Return that of which every event loop has its own, made when it is first asked for."""
        held = self._own.setdefault(asyncio.get_running_loop(), {})
        if name not in held:
            held[name] = make()
        found: T = held[name]
        return found

    def fetch_limit(self, processor: str) -> asyncio.Semaphore:
        """Return what bounds the fetches of the running loop against one account."""
        limits = self._limits.setdefault(asyncio.get_running_loop(), {})
        if processor not in limits:
            limits[processor] = asyncio.Semaphore(self.plugins.processor(processor).fetch_limit)
        return limits[processor]

    def engines(self) -> Engines:
        """Return the engines of the running loop: connections never cross loops."""
        loop = asyncio.get_running_loop()
        if loop not in self._engines:
            self._engines[loop] = build(self.settings)
        return self._engines[loop]

    async def close(self) -> None:
        """Release the running loop's connections and the processors' clients."""
        engines = self._engines.pop(asyncio.get_running_loop(), None)
        if engines is not None:
            await engines.close()
        for processor in self.plugins.processors.values():
            await processor.close()

    async def wake(self) -> None:
        """Tell the job runner that something may have been promised."""
        if self.work is not None:
            await self.plugins.job_runner.wake(self.work)


class Context:
    """The first parameter of every verb: a runtime, an actor, and perhaps an ambient id."""

    def __init__(
        self, runtime: Runtime, *, actor: Actor = SYSTEM, ambient: str | None = None
    ) -> None:
        self.runtime = runtime
        self.actor = actor
        self.ambient = ambient

    @property
    def settings(self) -> Settings:
        """The settings of core."""
        return self.runtime.settings

    @property
    def plugins(self) -> Plugins:
        """What plugins offer."""
        return self.runtime.plugins

    @property
    def clock(self) -> Clock:
        """Business time."""
        return self.runtime.clock

    @property
    def catalog(self) -> Catalog:
        """The plans."""
        return self.runtime.catalog

    def acting_as(self: C, actor: Actor, *, ambient: str | None = None) -> C:
        """Return the same context with another actor.

        ``ambient`` is the base of operation ids for what is done through it: given the same one
        again, every verb on every subject gets the id it had the first time.
        """
        return type(self)(self.runtime, actor=actor, ambient=ambient)

    def operation_key(self, verb: str, subject: str, given: str | None) -> str | None:
        """Return the caller's operation id, the one the ambient id implies, or ``None``."""
        if given is not None or self.ambient is None:
            return given
        return f"{self.ambient}/{verb}/{subject}"

    @asynccontextmanager
    async def transaction(self, name: str) -> AsyncIterator[Transaction]:
        """Open a transaction of the writer; the job runner is woken after the commit.

        Raises ``CalledInsideTransaction`` inside another one. ``name`` is announced around the
        commit.
        """
        stamp = Stamp(
            actor=self.actor,
            clock=self.runtime.clock,
            ids=self.runtime.ids,
            mirrors=self.runtime.mirrors,
            announce=self.runtime.announce,
        )
        async with transaction(self.runtime.engines(), stamp, name=name) as tx:
            yield tx
        if tx.has_promised:
            await self.runtime.wake()

    def reading(self) -> AbstractAsyncContextManager[Reading]:
        """Open a connection to read from."""
        return reading(self.runtime.engines())

    def snapshot(self) -> AbstractAsyncContextManager[Reading]:
        """Open a connection on which all statements see one moment."""
        return snapshot(self.runtime.engines())


def verb(
    name: str,
) -> Callable[
    [Callable[Concatenate[C, P], Coroutine[Any, Any, T]]],
    Callable[Concatenate[C, P], Coroutine[Any, Any, T]],
]:
    """Make a function a verb: one span, and never inside a transaction.

    A verb inside a transaction would hold locks across a processor's round trip, and could not
    keep its promise that a killed process leaves at most one effect.
    """

    def decorate(
        function: Callable[Concatenate[C, P], Coroutine[Any, Any, T]],
    ) -> Callable[Concatenate[C, P], Coroutine[Any, Any, T]]:
        @wraps(function)
        async def run(ctx: C, /, *args: P.args, **kwargs: P.kwargs) -> T:
            refuse_inside(f"the verb {name}")
            with telemetry.span(f"billing.{name}"):
                return await function(ctx, *args, **kwargs)

        run.verb_name = name  # type: ignore[attr-defined]
        return run

    return decorate
