"""Every verb there is, one line each.

A verb is a function whose first parameter is the context; assigned here, it is a method. Its
signature and its documentation are where it is written.
"""

from __future__ import annotations

from accrue_core.billing.checkout.commands import (
    checkout_sessions,
    create_checkout_session,
    reconcile_checkout,
)
from accrue_core.billing.customers.commands.find import customer, find_customer
from accrue_core.billing.customers.commands.history import timeline_for
from accrue_core.billing.customers.commands.move import move_customer
from accrue_core.billing.customers.commands.update import update_customer, update_tax_location
from accrue_core.billing.entitlements.gate import (
    entitled,
    explain_access,
    features_for,
    has_active_plan,
)
from accrue_core.billing.invoices.commands import invoice, invoices
from accrue_core.billing.payment_methods.commands import add_payment_method, payment_methods
from accrue_core.billing.portal.commands import create_billing_portal_session
from accrue_core.billing.schedules.commands import (
    cancel_schedule,
    release_schedule,
    schedule,
    schedules,
    subscribe_via_schedule,
    update_schedule,
)
from accrue_core.billing.subscriptions.commands.cancel import cancel, keep
from accrue_core.billing.subscriptions.commands.change import (
    add_item,
    preview_change,
    remove_item,
    swap_plan,
    update_quantity,
)
from accrue_core.billing.subscriptions.commands.pause import pause, resume
from accrue_core.billing.subscriptions.commands.read import (
    next_action,
    subscription,
    subscriptions,
)
from accrue_core.billing.subscriptions.commands.seats import count_seats, seats_changed
from accrue_core.billing.subscriptions.commands.subscribe import comp, subscribe
from accrue_core.billing.subscriptions.commands.trial import end_trial, extend_trial
from accrue_core.context import Context
from accrue_core.ledger.history import state_as_of, verify_ledger
from accrue_core.operations.manage import open_operations, recover_operations
from accrue_core.webhooks.catch_up import catch_up
from accrue_core.webhooks.replay import (
    replay_handlers,
    replay_jobs,
    replay_webhook,
    replay_webhooks,
    webhook_deliveries,
)


class Billing(Context):
    """What a host calls. Get one from ``accrue.billing``, or from ``acting_as``."""

    customer = customer
    find_customer = find_customer
    update_customer = update_customer
    update_tax_location = update_tax_location
    move_customer = move_customer

    add_payment_method = add_payment_method
    payment_methods = payment_methods

    subscribe = subscribe
    comp = comp
    cancel = cancel
    keep = keep
    preview_change = preview_change
    swap_plan = swap_plan
    update_quantity = update_quantity
    add_item = add_item
    remove_item = remove_item
    seats_changed = seats_changed
    count_seats = count_seats
    extend_trial = extend_trial
    end_trial = end_trial
    pause = pause
    resume = resume
    subscription = subscription
    subscriptions = subscriptions
    next_action = next_action

    subscribe_via_schedule = subscribe_via_schedule
    update_schedule = update_schedule
    release_schedule = release_schedule
    cancel_schedule = cancel_schedule
    schedule = schedule
    schedules = schedules

    create_checkout_session = create_checkout_session
    reconcile_checkout = reconcile_checkout
    checkout_sessions = checkout_sessions
    create_billing_portal_session = create_billing_portal_session

    invoice = invoice
    invoices = invoices

    entitled = entitled
    has_active_plan = has_active_plan
    features_for = features_for
    explain_access = explain_access

    timeline_for = timeline_for
    state_as_of = state_as_of
    verify_ledger = verify_ledger

    webhook_deliveries = webhook_deliveries
    catch_up = catch_up
    replay_webhook = replay_webhook
    replay_webhooks = replay_webhooks
    replay_handlers = replay_handlers
    replay_jobs = replay_jobs

    open_operations = open_operations
    recover_operations = recover_operations


def verbs() -> list[str]:
    """Return the names of all verbs, in the order of the class."""
    return [name for name, value in vars(Billing).items() if hasattr(value, "verb_name")]
