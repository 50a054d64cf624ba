"""What Stripe can do for Accrue, and how a lost outcome is found out.

Everything is named, so that whoever adds a capability or a request decides about it here, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from accrue_core.contracts.capabilities import (
    NATIVE,
    Capability,
    SupportTable,
    bounded,
)
from accrue_core.contracts.processor import Recovery

SUPPORT: SupportTable = MappingProxyType(
    {
        Capability.CREATE_CUSTOMER: NATIVE,
        Capability.UPDATE_CUSTOMER: NATIVE,
        Capability.SET_TAX_LOCATION: bounded("Stripe Tax is set up in the account"),
        Capability.ASSIGN_CUSTOMER: NATIVE,
        Capability.ATTACH_PAYMENT_METHOD: NATIVE,
        Capability.SUBSCRIBE: NATIVE,
        Capability.SUBSCRIBE_WITH_TRIAL: NATIVE,
        Capability.SUBSCRIBE_WITH_QUANTITY: NATIVE,
        Capability.SUBSCRIBE_WITH_ANCHOR: NATIVE,
        Capability.SUBSCRIBE_BACKDATED: NATIVE,
        Capability.SUBSCRIBE_WITH_COUPON: NATIVE,
        Capability.TRIAL_WITHOUT_CARD: NATIVE,
        Capability.AUTOMATIC_TAX: bounded("Stripe Tax is set up in the account"),
        Capability.COMP: NATIVE,
        Capability.COLLECT_BY_INVOICE: bounded("the customer has an email address"),
        Capability.CANCEL_NOW: NATIVE,
        Capability.CANCEL_WITH_INVOICE: NATIVE,
        Capability.CANCEL_AT_PERIOD_END: NATIVE,
        Capability.CANCEL_AT_DATE: NATIVE,
        Capability.KEEP: NATIVE,
        Capability.CHANGE_ITEMS: NATIVE,
        Capability.CHANGE_WITH_INVOICE: NATIVE,
        Capability.PREVIEW_CHANGE: NATIVE,
        Capability.SEVERAL_ITEMS: NATIVE,
        Capability.SET_TRIAL_END: NATIVE,
        Capability.PAUSE: NATIVE,
        Capability.PAUSE_UNTIL: NATIVE,
        Capability.PAUSE_WHOLE: bounded("in flexible billing, active and charged, unscheduled"),
        Capability.SEVERAL_INTERVALS: bounded("every interval is a multiple of the shortest"),
        Capability.SCHEDULES: NATIVE,
        Capability.CHECKOUT: NATIVE,
        Capability.CHECKOUT_WITH_TRIAL: bounded("a trial with a date ends 48 hours ahead or later"),
        Capability.BILLING_PORTAL: NATIVE,
        Capability.INVOICES: NATIVE,
        Capability.WEBHOOKS: NATIVE,
        Capability.LIST_EVENTS: bounded("of the last 30 days"),
    }
)

_FOUND_OR_REPEATED = Recovery(key_lifetime=timedelta(hours=24), is_findable=True)
"""Stripe may forget a key once it is 24 hours old; what was created is found by its lists."""

RECOVERY: Mapping[str, Recovery] = MappingProxyType(
    dict.fromkeys(
        (
            "customers.create",
            "customers.update",
            "customers.set_tax_location",
            "customers.assign",
            "payment_methods.attach",
            "subscriptions.create",
            "subscriptions.cancel",
            "subscriptions.keep",
            "subscriptions.change",
            "subscriptions.set_trial_end",
            "subscriptions.pause",
            "subscriptions.resume",
            "schedules.create",
            "schedules.update",
            "schedules.release",
            "schedules.cancel",
            "checkout.create",
        ),
        _FOUND_OR_REPEATED,
    )
)
