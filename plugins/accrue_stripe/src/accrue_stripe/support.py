"""What Stripe can do for Accrue, and how a lost outcome is found out.

Everything is named, so that whoever adds a capability or a request decides about it here, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from accrue_core.contracts.capabilities import (
    NATIVE,
    UNSUPPORTED,
    Capability,
    SupportTable,
    bounded,
)
from accrue_core.contracts.processor import Recovery

SUPPORT: SupportTable = MappingProxyType(
    {
        Capability.CREATE_CUSTOMER: NATIVE,
        Capability.UPDATE_CUSTOMER: NATIVE,
        Capability.ATTACH_PAYMENT_METHOD: NATIVE,
        Capability.SUBSCRIBE: NATIVE,
        Capability.SUBSCRIBE_WITH_TRIAL: NATIVE,
        Capability.SUBSCRIBE_WITH_QUANTITY: NATIVE,
        Capability.COLLECT_BY_INVOICE: bounded("the customer has an email address"),
        Capability.CANCEL_NOW: NATIVE,
        Capability.CANCEL_AT_PERIOD_END: NATIVE,
        Capability.CANCEL_AT_DATE: NATIVE,
        Capability.KEEP: NATIVE,
        Capability.CHANGE_ITEMS: UNSUPPORTED,
        Capability.CHANGE_WITH_INVOICE: UNSUPPORTED,
        Capability.PREVIEW_CHANGE: UNSUPPORTED,
        Capability.SEVERAL_ITEMS: UNSUPPORTED,
        Capability.SET_TRIAL_END: UNSUPPORTED,
        Capability.PAUSE: UNSUPPORTED,
        Capability.PAUSE_UNTIL: UNSUPPORTED,
        Capability.CHECKOUT: NATIVE,
        Capability.CHECKOUT_WITH_TRIAL: bounded("a trial with a date ends 48 hours ahead or later"),
        Capability.BILLING_PORTAL: NATIVE,
        Capability.INVOICES: NATIVE,
        Capability.WEBHOOKS: NATIVE,
    }
)

_FOUND_OR_REPEATED = Recovery(key_lifetime=timedelta(hours=24), is_findable=True)
"""Stripe may forget a key once it is 24 hours old; what was created is found by its lists."""

_NEVER_ASKED = Recovery(key_lifetime=timedelta(0))
"""What is refused before it is sent cannot be lost."""

RECOVERY: Mapping[str, Recovery] = MappingProxyType(
    {
        "customers.create": _FOUND_OR_REPEATED,
        "customers.update": _FOUND_OR_REPEATED,
        "payment_methods.attach": _FOUND_OR_REPEATED,
        "subscriptions.create": _FOUND_OR_REPEATED,
        "subscriptions.cancel": _FOUND_OR_REPEATED,
        "subscriptions.keep": _FOUND_OR_REPEATED,
        "checkout.create": _FOUND_OR_REPEATED,
    }
    | dict.fromkeys(
        (
            "subscriptions.change",
            "subscriptions.set_trial_end",
            "subscriptions.pause",
            "subscriptions.resume",
        ),
        _NEVER_ASKED,
    )
)
