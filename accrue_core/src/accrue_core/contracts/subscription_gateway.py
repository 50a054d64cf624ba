"""What a processor offers for subscriptions."""

from __future__ import annotations

from typing import Protocol

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    PreviewedChange,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
)
from accrue_core.errors import UnsupportedCapability


class SubscriptionGateway(Protocol):
    """A processor's operations on subscriptions."""

    async def create(self, request: CreateSubscription, *, key: Key) -> Answer:
        """Start it; the customer, the first invoice and its payment method come along."""
        ...

    async def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:
        """End it, now or later."""
        ...

    async def keep(self, request: KeepSubscription, *, key: Key) -> Answer:
        """Undo a pending end."""
        ...

    async def change(self, request: ChangeSubscription, *, key: Key) -> Answer:
        """Make its items be these; ``next_action`` is set when a bank asks for the customer."""
        ...

    async def preview(self, request: ChangeSubscription) -> PreviewedChange:
        """Say what ``change`` would cost, and change nothing.

        For the same state and the same ``proration_at``, ``change`` charges exactly that.
        """
        ...

    async def set_trial_end(self, request: SetTrialEnd, *, key: Key) -> Answer:
        """Let its trial end at another moment, or now."""
        ...

    async def pause(self, request: PauseSubscription, *, key: Key) -> Answer:
        """Stop collecting, or let the whole subscription rest."""
        ...

    async def resume(self, request: ResumeSubscription, *, key: Key) -> Answer:
        """End a pause."""
        ...

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; ``next_action`` is set while its payment waits for someone."""
        ...


def pause_capability(request: PauseSubscription) -> Capability:
    """Return what a processor must be able to do for a pause."""
    if request.behavior == "none":
        return Capability.PAUSE_WHOLE
    return Capability.PAUSE if request.resumes_at is None else Capability.PAUSE_UNTIL


class RefusedChanges:
    """Changes of subscriptions, for a gateway that cannot make any: each is refused by name."""

    def __init__(self, processor: str) -> None:
        self._processor = processor

    async def change(self, request: ChangeSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused(Capability.CHANGE_ITEMS)

    async def preview(self, request: ChangeSubscription) -> PreviewedChange:  # noqa: ARG002
        """Refuse."""
        raise self._refused(Capability.PREVIEW_CHANGE)

    async def set_trial_end(self, request: SetTrialEnd, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused(Capability.SET_TRIAL_END)

    async def pause(self, request: PauseSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused(pause_capability(request))

    async def resume(self, request: ResumeSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse."""
        raise self._refused(Capability.PAUSE)

    def _refused(self, capability: Capability) -> UnsupportedCapability:
        return UnsupportedCapability(processor=self._processor, capability=capability)
