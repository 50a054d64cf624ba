"""What a host does in the town: every verb that changes something, retries and repetitions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accrue_core import Owner, Phase
from tests.faults.evidence import let_leases_end
from tests.faults.machine.asking import ahead, attempt, on_page, schedule_of, subscription_of
from tests.faults.machine.town import PERSONAL, Town, price_of
from tests.stage import CANCEL_URL, SUCCESS_URL


async def subscribe(town: Town, owner: Owner, plan: str, terms: dict[str, Any]) -> None:
    """Subscribe with terms; hours in them become moments."""
    options, id_ = dict(terms), town.new_id()
    by_ref = options.pop("by_ref", False)
    for name in ("anchor", "backdated_to"):
        if name in options:
            options[name] = ahead(town, options[name])
    if "trial" in options:
        days, is_moment = options["trial"]
        options["trial"] = ahead(town, 24 * days) if is_moment else timedelta(days=days)
    if "also" in options:
        options["also"] = {price_of(one, by_ref=by_ref): n for one, n in options["also"].items()}
    what = price_of(plan, by_ref=by_ref)
    note = {"note": f"{PERSONAL}'s"}
    await attempt(
        town,
        lambda: town.stage.billing.subscribe(
            owner, what, metadata=note, operation_id=id_, **options
        ),
    )


async def comp(town: Town, owner: Owner, plan: str) -> None:
    id_ = town.new_id()
    await attempt(town, lambda: town.stage.billing.comp(owner, plan, operation_id=id_))


async def change(town: Town, which: int, wish: dict[str, Any], preview: str | None) -> None:
    """Change items: freely, bound to a preview that was just made, or to an older one."""
    row = await subscription_of(town, which)
    if row is None:
        return
    billing, id_ = town.stage.billing, town.new_id()
    options: dict[str, Any] = {"proration": wish["proration"], "operation_id": id_}
    item = row.items[wish["item"] % len(row.items)].id if wish["item"] is not None else None
    asked: dict[str, Any]
    match wish["kind"]:
        case "swap":
            call: Any = billing.swap_plan
            given, asked = (wish["plan"],), {"quantity": wish["quantity"], "item_id": item}
            said = {"plan": wish["plan"], **asked}
        case "quantity":
            call, given = billing.update_quantity, (wish["quantity"] or 1,)
            asked = {"item_id": item}
            said = {"quantity": wish["quantity"] or 1, **asked}
        case "add":
            call, given, asked = billing.add_item, (wish["plan"],), {}
            said = {"add": wish["plan"]}
        case _:
            call, given, asked = billing.remove_item, (item or row.items[0].id,), {}
            said = {"remove": given[0]}
    if preview == "fresh":
        made = await attempt(
            town, lambda: billing.preview_change(row.id, proration=wish["proration"], **said)
        )
        if made is None:
            return
        town.previews.append(made.token)
        options["preview"] = made.token
    elif preview == "old" and town.previews:
        options["preview"] = town.previews[0]
    await attempt(town, lambda: call(row.id, *given, **asked, **options))


async def upgrade(town: Town, which: int, quantity: int, card: str | None) -> None:
    """Have more of what there is, at once, paid with a card that was just added, if one is."""
    row, id_ = await subscription_of(town, which), town.new_id()
    if row is None:
        return
    owner = town.engine.books.customers[row.customer_ref].snapshot.owner
    if card is not None and owner is not None:
        await add_card(town, owner, card, make_default=True)
    await attempt(
        town,
        lambda: town.stage.billing.update_quantity(
            row.id, quantity, item_id=row.items[0].id, proration="always_invoice",
            operation_id=id_,
        ),
    )  # fmt: skip


async def trial(town: Town, which: int, days: int | None) -> None:
    row, id_ = await subscription_of(town, which), town.new_id()
    if row is None:
        return
    billing = town.stage.billing
    if days is None:
        await attempt(town, lambda: billing.end_trial(row.id, operation_id=id_))
        return
    until = ahead(town, 24 * days)
    await attempt(town, lambda: billing.extend_trial(row.id, until=until, operation_id=id_))


async def pause(town: Town, which: int, how: Any, days: int | None) -> None:
    row, id_ = await subscription_of(town, which), town.new_id()
    if row is None:
        return
    billing = town.stage.billing
    if how is None:
        await attempt(town, lambda: billing.resume(row.id, operation_id=id_))
        return
    until = None if days is None or how == "none" else ahead(town, 24 * days)
    await attempt(town, lambda: billing.pause(row.id, invoices=how, until=until, operation_id=id_))


async def cancel(town: Town, which: int, when: Any, options: dict[str, Any]) -> None:
    row, id_ = await subscription_of(town, which), town.new_id()
    if row is not None:
        moment = ahead(town, when) if isinstance(when, int) else when
        await attempt(
            town,
            lambda: town.stage.billing.cancel(row.id, when=moment, operation_id=id_, **options),
        )


async def keep(town: Town, which: int) -> None:
    row, id_ = await subscription_of(town, which), town.new_id()
    if row is not None:
        await attempt(town, lambda: town.stage.billing.keep(row.id, operation_id=id_))


def phases(town: Town, wishes: list[tuple[str, int, str, bool, str | None]]) -> list[Phase]:
    """Return phases that end so many days after each other."""
    made, hours = [], 0
    for plan, days, proration, is_trial, coupon in wishes:
        hours += 24 * days
        made.append(
            Phase(
                plan=plan,
                until=ahead(town, hours),
                proration=proration,  # type: ignore[arg-type]
                is_trial=is_trial,
                coupon=coupon,
            )
        )
    return made


async def plan_ahead(
    town: Town, owner: Owner, wishes: list[Any], start: int | None, end: Any, card: str | None
) -> None:
    id_, wanted = town.new_id(), phases(town, wishes)
    starts_at = None if start is None else ahead(town, start)
    await attempt(
        town,
        lambda: town.stage.billing.subscribe_via_schedule(
            owner, wanted, starts_at=starts_at, end_behavior=end, payment_method=card,
            metadata={"note": PERSONAL}, operation_id=id_,
        ),
    )  # fmt: skip


async def plan_anew(town: Town, which: int, wishes: list[Any], end: Any) -> None:
    row, id_, wanted = await schedule_of(town, which), town.new_id(), phases(town, wishes)
    if row is not None:
        await attempt(
            town,
            lambda: town.stage.billing.update_schedule(
                row.id, wanted, end_behavior=end, operation_id=id_
            ),
        )


async def end_schedule(town: Town, which: int, how: str) -> None:
    row, id_ = await schedule_of(town, which), town.new_id()
    if row is not None:
        billing = town.stage.billing
        call = billing.release_schedule if how == "release" else billing.cancel_schedule
        await attempt(town, lambda: call(row.id, operation_id=id_))


async def add_card(town: Town, owner: Owner, card: str, *, make_default: bool) -> None:
    id_ = town.new_id()
    await attempt(
        town,
        lambda: town.stage.billing.add_payment_method(
            owner, card, make_default=make_default, operation_id=id_
        ),
    )


async def describe(town: Town, owner: Owner, number: int) -> None:
    id_, billing = town.new_id(), town.stage.billing
    await attempt(
        town,
        lambda: billing.update_customer(
            owner, name=f"{PERSONAL} {number}", email=f"{PERSONAL}@{number}.example",
            locale="pt-BR" if number % 2 else None, metadata={"vat": f"{PERSONAL}{number}"},
            operation_id=id_,
        ),
    )  # fmt: skip


async def locate(town: Town, owner: Owner, country: str) -> None:
    id_ = town.new_id()
    await attempt(
        town,
        lambda: town.stage.billing.update_tax_location(
            owner, country=country, postal_code="10115", line1=f"{PERSONAL} Road 1",
            operation_id=id_,
        ),
    )  # fmt: skip


async def move(town: Town, owner: Owner, heir: Owner) -> None:
    held, id_ = await town.stage.billing.find_customer(owner), town.new_id()
    if held is not None:
        await attempt(
            town, lambda: town.stage.billing.move_customer(held.id, heir, operation_id=id_)
        )


async def check_out(town: Town, owner: Owner, plan: str, card: str, *, reconciles: bool) -> None:
    """Open a session; the customer pays there, and perhaps comes back before the webhook."""
    id_, billing = town.new_id(), town.stage.billing
    outcome = await attempt(
        town,
        lambda: billing.create_checkout_session(
            owner, plan, success_url=SUCCESS_URL, cancel_url=CANCEL_URL, operation_id=id_
        ),
    )
    if outcome is None or outcome.next_action is None:
        return
    token = outcome.next_action.url.reveal().rpartition("/")[2]
    on_page(town, lambda: town.engine.checkout.pay(token, card))
    on_page(town, lambda: town.engine.checkout.authenticate(token))
    if reconciles:
        await attempt(town, lambda: billing.reconcile_checkout(owner, outcome.value.id))


async def retry(town: Town, *, waits: bool) -> None:
    """Call again under the same operation id, at once or when the lease has ended."""
    if not town.unknown:
        return
    if waits:
        await let_leases_end(town.stage)
    await attempt(town, town.unknown.pop())


async def repeat(town: Town, which: int) -> None:
    """Do again what is done: the same id is the same deed, for ever."""
    if town.done:
        await attempt(town, town.done.pop(which % len(town.done)))


async def count_seats(town: Town, owner: Owner, number: int | None) -> None:
    """Let people join or leave, and say so; or count at once."""
    billing = town.stage.billing
    if number is None:
        await attempt(town, lambda: billing.count_seats(owner))
        return
    town.members.numbers[owner] = number
    await billing.seats_changed(owner)
