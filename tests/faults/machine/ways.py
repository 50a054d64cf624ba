"""The ways to the town's processor, and back: what a town asks of each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Protocol

from tests.faults.meddling import Meddle
from tests.stage import Stage


class Way(Protocol):
    """What a town asks of the way to its processor."""

    @property
    def stage(self) -> Stage:
        """The stage that it belongs to."""
        ...

    def named(self, call: str) -> str:
        """Return by what name trouble that is ordered for a call strikes."""
        ...

    def meddle(self, call: str, moment: str, deed: Meddle) -> None:
        """Have something happen once around the next such call: before the deed, or after it."""
        ...

    def forget(self) -> None:
        """Let nobody meddle any more."""
        ...

    def doubled(self) -> Mapping[str, str]:
        """Return what had more than one effect under one name, and what it was."""
        ...

    def advance(self, by: timedelta) -> None:
        """Let time pass at the processor."""
        ...

    async def deliver(self, limit: int, *, is_shuffled: bool, is_doubled: bool) -> None:
        """Post so many webhooks that are due."""
        ...

    def lose(self, limit: int) -> None:
        """Let a courier go off with so many webhooks that are due."""
        ...

    def recall(self) -> None:
        """Let everybody come back who went off with webhooks, and owe those at once."""
        ...

    def pending(self) -> Sequence[Any]:
        """Return what is not delivered yet."""
        ...


Opening = Callable[..., AbstractAsyncContextManager[Way]]
"""Opens a stage on a database, with the way to its engine: takes what ``staged`` takes."""
