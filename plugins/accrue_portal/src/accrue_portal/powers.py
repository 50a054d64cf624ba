"""Pure: what a processor can be asked for on these pages."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.contracts.capabilities import UNSUPPORTED, Capability
from accrue_core.contracts.processor import Processor


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """What can be asked of one processor; one that is no longer installed can do nothing."""

    can_end_later: bool = False
    can_end_now: bool = False
    can_keep: bool = False
    can_change: bool = False
    can_settle_now: bool = False
    can_count: bool = False
    can_pause: bool = False
    has_own_pages: bool = False
    is_test: bool = False


def powers_of(processor: Processor) -> Powers:
    """Return what a processor says that it can do. Only a fake one has a clock of its own."""

    def can(capability: Capability) -> bool:
        return processor.support.get(capability, UNSUPPORTED).is_available

    return Powers(
        can_end_later=can(Capability.CANCEL_AT_PERIOD_END),
        can_end_now=can(Capability.CANCEL_NOW),
        can_keep=can(Capability.KEEP),
        can_change=can(Capability.CHANGE_ITEMS) and can(Capability.PREVIEW_CHANGE),
        can_settle_now=can(Capability.CHANGE_WITH_INVOICE),
        can_count=can(Capability.SUBSCRIBE_WITH_QUANTITY),
        can_pause=can(Capability.PAUSE),
        has_own_pages=can(Capability.BILLING_PORTAL),
        is_test=processor.clock is not None,
    )
