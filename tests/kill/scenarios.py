"""What the killed process was doing: one function for each mutating verb, and for dispatch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from accrue_core import Accrue, Owner, Phase
from accrue_core.billing.schedules.models import Schedule
from accrue_core.billing.subscriptions.models import Subscription
from tests.stage import CANCEL_URL, SUCCESS_URL

Scenario = Callable[[Accrue, Owner], Awaitable[object]]


def operation(owner: Owner) -> str:
    """Return the operation id under which an owner's scenario is run, and run again."""
    return f"scenario-of-{owner.id}"


async def only_subscription(accrue: Accrue, owner: Owner) -> Subscription:
    """Return the one subscription of an owner."""
    (found,) = await accrue.billing.subscriptions(owner)
    return found


async def customer(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.customer(owner)


async def add_payment_method(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.add_payment_method(
        owner, "pm_card_visa", operation_id=operation(owner)
    )


async def subscribe(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.subscribe(
        owner, "pro", payment_method="pm_card_visa", operation_id=operation(owner)
    )


async def subscribe_on_trial(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.subscribe(
        owner, "pro", trial=timedelta(days=14), quantity=3, operation_id=operation(owner)
    )


async def create_checkout_session(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.create_checkout_session(
        owner,
        "pro",
        success_url=SUCCESS_URL,
        cancel_url=CANCEL_URL,
        operation_id=operation(owner),
    )


async def cancel_now(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.cancel(found.id, when="now", operation_id=operation(owner))


async def cancel_at_period_end(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.cancel(found.id, operation_id=operation(owner))


async def cancel_at_a_date(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    moment = accrue.runtime.clock.now() + timedelta(days=10)
    return await accrue.billing.cancel(found.id, when=moment, operation_id=operation(owner))


async def keep(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.keep(found.id, operation_id=operation(owner))


async def swap_plan(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.swap_plan(
        found.id, "basic", proration="create_prorations", operation_id=operation(owner)
    )


async def upgrade_and_pay(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.update_quantity(
        found.id, 3, proration="always_invoice", operation_id=operation(owner)
    )


async def add_item(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.add_item(
        found.id, "basic", proration="none", operation_id=operation(owner)
    )


async def extend_trial(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    assert found.trial_start is not None
    until = found.trial_start + timedelta(days=21)
    return await accrue.billing.extend_trial(found.id, until=until, operation_id=operation(owner))


async def end_trial(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.end_trial(found.id, operation_id=operation(owner))


async def pause(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.pause(found.id, invoices="void", operation_id=operation(owner))


async def pause_all_of_it(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.pause(found.id, invoices="none", operation_id=operation(owner))


async def resume(accrue: Accrue, owner: Owner) -> object:
    found = await only_subscription(accrue, owner)
    return await accrue.billing.resume(found.id, operation_id=operation(owner))


async def update_customer(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.update_customer(
        owner, name="Renamed", operation_id=operation(owner)
    )


async def update_tax_location(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.update_tax_location(
        owner, country="DE", postal_code="10115", operation_id=operation(owner)
    )


async def move_customer(accrue: Accrue, owner: Owner) -> object:
    """Move it away, and tell who has it now by the owner that the test looks at."""
    origin = Owner("user", owner.id)
    held = await accrue.billing.find_customer(origin) or await accrue.billing.find_customer(owner)
    assert held is not None
    return await accrue.billing.move_customer(held.id, owner, operation_id=operation(owner))


async def comp(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.comp(owner, "pro", operation_id=operation(owner))


def phases(accrue: Accrue) -> list[Phase]:
    """Return two phases; the engine's clock stands still while a scenario is killed and run."""
    now = accrue.runtime.clock.now()
    return [
        Phase(plan="pro", until=now + timedelta(days=30)),
        Phase(plan="basic", until=now + timedelta(days=90)),
    ]


async def schedule(accrue: Accrue, owner: Owner) -> object:
    return await accrue.billing.subscribe_via_schedule(
        owner, phases(accrue), payment_method="pm_card_visa", operation_id=operation(owner)
    )


async def a_schedule(accrue: Accrue, owner: Owner) -> object:
    """Make the schedule that others begin with, under an operation id of its own."""
    return await accrue.billing.subscribe_via_schedule(
        owner, phases(accrue), payment_method="pm_card_visa"
    )


async def only_schedule(accrue: Accrue, owner: Owner) -> Schedule:
    """Return the one schedule of an owner."""
    (found,) = await accrue.billing.schedules(owner)
    return found


async def update_schedule(accrue: Accrue, owner: Owner) -> object:
    found = await only_schedule(accrue, owner)
    return await accrue.billing.update_schedule(
        found.id, phases(accrue)[:1], end_behavior="cancel", operation_id=operation(owner)
    )


async def release_schedule(accrue: Accrue, owner: Owner) -> object:
    found = await only_schedule(accrue, owner)
    return await accrue.billing.release_schedule(found.id, operation_id=operation(owner))


async def cancel_schedule(accrue: Accrue, owner: Owner) -> object:
    found = await only_schedule(accrue, owner)
    return await accrue.billing.cancel_schedule(found.id, operation_id=operation(owner))


async def dispatch(accrue: Accrue, owner: Owner) -> object:
    del owner
    return await accrue.work.drain()


async def recover(accrue: Accrue, owner: Owner) -> object:
    del owner
    return await accrue.billing.recover_operations()


SCENARIOS: Mapping[str, Scenario] = {
    function.__name__: function
    for function in (
        customer,
        add_payment_method,
        subscribe,
        subscribe_on_trial,
        create_checkout_session,
        cancel_now,
        cancel_at_period_end,
        cancel_at_a_date,
        keep,
        swap_plan,
        upgrade_and_pay,
        add_item,
        extend_trial,
        end_trial,
        pause,
        pause_all_of_it,
        resume,
        update_customer,
        update_tax_location,
        move_customer,
        comp,
        schedule,
        update_schedule,
        release_schedule,
        cancel_schedule,
        dispatch,
        recover,
    )
}
