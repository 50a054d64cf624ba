"""What a processor may be asked to do, and how honestly it can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from accrue_core.errors import ConfigurationError, UnsupportedCapability


class Capability(StrEnum):
    """One thing a processor may be asked for. Every processor declares every one."""

    CREATE_CUSTOMER = "create_customer"
    UPDATE_CUSTOMER = "update_customer"
    SET_TAX_LOCATION = "set_tax_location"
    ASSIGN_CUSTOMER = "assign_customer"
    ATTACH_PAYMENT_METHOD = "attach_payment_method"
    SUBSCRIBE = "subscribe"
    SUBSCRIBE_WITH_TRIAL = "subscribe_with_trial"
    SUBSCRIBE_WITH_QUANTITY = "subscribe_with_quantity"
    SUBSCRIBE_WITH_ANCHOR = "subscribe_with_anchor"
    SUBSCRIBE_BACKDATED = "subscribe_backdated"
    SUBSCRIBE_WITH_COUPON = "subscribe_with_coupon"
    TRIAL_WITHOUT_CARD = "trial_without_card"
    AUTOMATIC_TAX = "automatic_tax"
    COMP = "comp"
    COLLECT_BY_INVOICE = "collect_by_invoice"
    CANCEL_NOW = "cancel_now"
    CANCEL_WITH_INVOICE = "cancel_with_invoice"
    CANCEL_AT_PERIOD_END = "cancel_at_period_end"
    CANCEL_AT_DATE = "cancel_at_date"
    KEEP = "keep"
    CHANGE_ITEMS = "change_items"
    CHANGE_WITH_INVOICE = "change_with_invoice"
    PREVIEW_CHANGE = "preview_change"
    SEVERAL_ITEMS = "several_items"
    SEVERAL_INTERVALS = "several_intervals"
    SET_TRIAL_END = "set_trial_end"
    PAUSE = "pause"
    PAUSE_UNTIL = "pause_until"
    PAUSE_WHOLE = "pause_whole"
    SCHEDULES = "schedules"
    CHECKOUT = "checkout"
    CHECKOUT_WITH_TRIAL = "checkout_with_trial"
    BILLING_PORTAL = "billing_portal"
    INVOICES = "invoices"
    WEBHOOKS = "webhooks"
    LIST_EVENTS = "list_events"


class SupportLevel(StrEnum):
    """How a processor supports a capability."""

    NATIVE = "native"
    BOUNDED = "bounded"
    TEST_ONLY = "test-only"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Support:
    """A level, and for a bounded one the condition in words."""

    level: SupportLevel
    condition: str = ""

    def __post_init__(self) -> None:
        if self.level == SupportLevel.BOUNDED and not self.condition:
            raise ConfigurationError("bounded support says in words what its bounds are")

    @property
    def is_available(self) -> bool:
        """Whether a command may ask for it at all."""
        return self.level != SupportLevel.UNSUPPORTED

    def __str__(self) -> str:
        return f"{self.level}: {self.condition}" if self.condition else str(self.level)


NATIVE = Support(SupportLevel.NATIVE)
TEST_ONLY = Support(SupportLevel.TEST_ONLY)
UNSUPPORTED = Support(SupportLevel.UNSUPPORTED)

SupportTable = Mapping[Capability, Support]


def bounded(condition: str) -> Support:
    """Return bounded support with its condition."""
    return Support(SupportLevel.BOUNDED, condition)


def require(support: SupportTable, capability: Capability, *, processor: str) -> None:
    """Raise ``UnsupportedCapability`` unless the table grants the capability."""
    if not support.get(capability, UNSUPPORTED).is_available:
        raise UnsupportedCapability(processor=processor, capability=capability)
