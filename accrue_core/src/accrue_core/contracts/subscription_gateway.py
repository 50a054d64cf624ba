"""What a processor offers for subscriptions."""

from __future__ import annotations

from typing import Protocol

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
        """Stop collecting."""
        ...

    async def resume(self, request: ResumeSubscription, *, key: Key) -> Answer:
        """End a pause."""
        ...

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; ``next_action`` is set while its payment waits for someone."""
        ...
