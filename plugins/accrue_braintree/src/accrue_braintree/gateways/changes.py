"""Changes of running subscriptions: not asked of Braintree yet."""

from __future__ import annotations

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    PreviewedChange,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import UnsupportedCapability


class RefusedChanges:
    """The operations on subscriptions that this version refuses."""

    def __init__(self, processor: str) -> None:
        self._processor = processor

    async def change(self, request: ChangeSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._refused(Capability.CHANGE_ITEMS)

    async def preview(self, request: ChangeSubscription) -> PreviewedChange:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._refused(Capability.PREVIEW_CHANGE)

    async def set_trial_end(self, request: SetTrialEnd, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._refused(Capability.SET_TRIAL_END)

    async def pause(self, request: PauseSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        is_open = request.resumes_at is None
        raise self._refused(Capability.PAUSE if is_open else Capability.PAUSE_UNTIL)

    async def resume(self, request: ResumeSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._refused(Capability.PAUSE)

    def _refused(self, capability: Capability) -> UnsupportedCapability:
        return UnsupportedCapability(processor=self._processor, capability=capability)
