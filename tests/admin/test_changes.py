"""What a subscription is for is changed as it was shown: every amount before the button."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from accrue_core import Money
from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, SupportTable
from accrue_fake.processor import FakeProcessor
from tests.admin.desk import BIRCH, OPERATOR, Desk, opened, path_of
from tests.admin.reading import Reading, fields_of_form, read
from tests.admin.test_actions import newest
from tests.services.lanes import on_sqlite
from tests.stage import new_engine

pytestmark = on_sqlite
"""What a page says and does with an answer is the same on both; the reads behind it run on both."""


def shown(answer: httpx.Response) -> Reading:
    """Read an answer that has to be a sound page, whatever its status."""
    reading = read(answer.text)
    assert reading.faults == []
    return reading


async def preview(desk: Desk, path: str, **choice: str) -> httpx.Response:
    """Choose as the form does, and ask for the amounts."""
    fields = {"kind": "plan", "proration": "always_invoice", **choice}
    return await desk.operator.get(f"{path}/change/preview", params=fields)


async def agree(desk: Desk, path: str, asked: httpx.Response) -> httpx.Response:
    """Press the button below the amounts."""
    fields = fields_of_form(asked.text, f"{path}/change")
    return await desk.operator.post(f"{path}/change", data=fields)


async def half_a_month_of(desk: Desk, plan: str = "basic", **terms: object) -> tuple[str, str]:
    """Let a team have had a plan for half of a month of 31 days; return its id and its page."""
    id_ = await desk.subscribed(plan=plan, **terms)
    await desk.advance(days=15.5)
    return id_, f"/admin/subscriptions/{id_}"


async def test_a_plan_is_changed_after_every_amount_was_shown(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)

    page = await desk.see(path)
    choice = await desk.see(f"{path}/change?kind=plan")
    asked = await preview(desk, path, price="price_pro")
    done = await agree(desk, path, asked)

    assert f"{path}/change?kind=plan" in page.links
    for meaning in ("Settle it now", "Settle it with the next invoice", "Do not settle it"):
        assert meaning in choice.text
    text = shown(asked).text
    assert "Change Basic to Pro?" in text
    assert "-$2.50" in text
    assert "$10.00" in text
    assert "Due now $7.50" in text
    assert "$7.50 is charged to Visa ending in 4242 now" in text
    assert "Opens: reports." in text
    assert "It is changed." in (await desk.see(path_of(done))).text
    assert [item.price for item in (await desk.billing.subscription(id_)).items] == ["price_pro"]
    invoice = (await desk.billing.invoices(BIRCH)).items[0]
    assert invoice.total == Money(750, "usd")
    assert await newest(desk, id_) == ("subscription.items_changed", f"operator:{OPERATOR}")


async def test_no_way_of_settling_is_chosen_for_the_operator(desk: Desk) -> None:
    _, path = await half_a_month_of(desk)

    choice = await desk.answer(f"{path}/change?kind=plan")
    asked = await preview(desk, path, price="price_pro", proration="")

    assert 'name="proration" value="none" required>' in choice.text
    assert "checked" not in choice.text
    assert asked.status_code == 422
    assert "Say what becomes of the rest of the period." in shown(asked).text


async def test_what_is_settled_later_is_shown_with_the_invoice_it_comes_on(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)

    asked = await preview(desk, path, price="price_pro", proration="create_prorations")
    await agree(desk, path, asked)

    text = shown(asked).text
    assert "The next invoice" in text
    assert "Due with the next invoice, on 1 February 2026 $27.50" in text
    assert "Nothing is charged today" in text
    assert (await desk.billing.subscription(id_)).items[0].price == "price_pro"
    assert len((await desk.billing.invoices(BIRCH)).items) == 1
    await desk.advance(days=16)
    assert (await desk.billing.invoices(BIRCH)).items[0].total == Money(2750, "usd")


async def test_a_quantity_is_changed_and_what_is_left_over_is_a_credit(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk, quantity=4)
    (item,) = (await desk.billing.subscription(id_)).items

    page = await desk.see(path)
    asked = await preview(desk, path, kind="quantity", item=item.id, quantity="2")
    await agree(desk, path, asked)

    assert f"{path}/change?kind=quantity&item={item.id}" in page.links
    text = shown(asked).text
    assert "Change Basic from 4 to 2?" in text
    assert "$5.00 stays with the customer as a credit" in text
    assert "Due now $0.00" in text
    assert "No access is gained or lost." in text
    assert (await desk.billing.subscription(id_)).items[0].quantity == 2


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"price": "price_basic"}, "The subscription is like that already"),
        ({"price": ""}, "Choose a plan."),
        ({"price": "price_of_nobody"}, "No such price"),
        ({"kind": "quantity", "quantity": "0"}, "Quantity is a whole number from 1"),
        ({"kind": "quantity", "quantity": "many"}, "A quantity is a whole number"),
        ({"kind": "quantity", "quantity": ""}, "Say how many."),
        ({"kind": "else", "price": "price_pro"}, "There is no such change."),
    ],
)
async def test_a_choice_that_makes_no_sense_is_asked_again(
    desk: Desk, choice: dict[str, str], words: str
) -> None:
    _, path = await half_a_month_of(desk)

    asked = await preview(desk, path, **choice)

    assert asked.status_code == 422
    assert words in shown(asked).text
    assert f'action="{path}/change/preview"' in asked.text


async def test_amounts_that_have_moved_are_shown_again_with_what_moved(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)
    asked = await preview(desk, path, price="price_pro")
    await desk.billing.update_quantity(id_, 2, proration="none")

    stale = await agree(desk, path, asked)
    done = await agree(desk, path, stale)

    assert stale.status_code == 409
    assert "The amount due was $7.50, and is $15.00 now." in shown(stale).text
    assert "$15.00" in stale.text
    assert path_of(done)
    (item,) = (await desk.billing.subscription(id_)).items
    assert (item.price, item.quantity) == ("price_pro", 2)


async def test_amounts_that_were_shown_long_ago_are_shown_anew(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)
    asked = await preview(desk, path, price="price_pro")
    await desk.advance(hours=30)

    stale = await agree(desk, path, asked)

    assert stale.status_code == 409
    assert "The amount due was $7.50, and is $6.89 now." in shown(stale).text
    assert (await desk.billing.subscription(id_)).items[0].price == "price_basic"


async def test_a_declined_card_changes_nothing_and_the_page_says_so(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)
    await desk.billing.add_payment_method(BIRCH, "pm_card_chargeDeclined")

    declined = await agree(desk, path, await preview(desk, path, price="price_pro"))
    await desk.billing.add_payment_method(BIRCH, "pm_card_visa")
    done = await agree(desk, path, declined)

    assert declined.status_code == 402
    assert "Nothing has changed and nothing was charged." in shown(declined).text
    assert path_of(done)
    assert (await desk.billing.subscription(id_)).items[0].price == "price_pro"


async def test_a_change_that_waits_for_a_bank_is_shown_and_nothing_else_is_offered(
    desk: Desk,
) -> None:
    id_, path = await half_a_month_of(desk)
    await desk.billing.add_payment_method(BIRCH, "pm_card_authenticationRequired")

    asked = await preview(desk, path, price="price_pro")
    done = await agree(desk, path, asked)

    seen = await desk.see(path_of(done))
    assert "waits for the customer’s bank" in seen.text
    assert "It waits until 17 Jan 2026, 11:00 UTC to be paid for" in seen.text
    assert not [link for link in seen.links if "/change" in link]
    assert "Not possible" in (await desk.see(f"{path}/change?kind=plan")).text
    again = await agree(desk, path, asked)
    assert path_of(again) == path_of(done)
    late = await preview(desk, path, price="price_pro", proration="none")
    assert late.status_code == 409
    subscription = await desk.billing.subscription(id_)
    assert subscription.is_pending
    desk.engine.authenticate(subscription.ref)
    await desk.settle()
    assert "A change waits" not in (await desk.see(path)).text.split("What happened")[0]
    assert (await desk.billing.subscription(id_)).items[0].price == "price_pro"


async def test_a_change_that_is_sent_twice_is_one_change(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)
    asked = await preview(desk, path, price="price_pro")

    first = await agree(desk, path, asked)
    again = await agree(desk, path, asked)

    assert path_of(first) == path_of(again)
    assert len((await desk.billing.invoices(BIRCH)).items) == 2
    assert desk.processor.backend.calls["subscriptions.change"] == 1
    assert (await desk.billing.subscription(id_)).items[0].price == "price_pro"


async def test_a_form_that_was_tampered_with_changes_nothing(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)
    fields = fields_of_form((await preview(desk, path, price="price_pro")).text, f"{path}/change")

    answers = [
        await desk.operator.post(f"{path}/change", data={**fields, **spoiled})
        for spoiled in (
            {"quantity": "3"},
            {"proration": "none"},
            {"token": "1.x"},
            {"token": ""},
            {"shown": "<script>", "price": "price_basic", "quantity": "2"},
        )
    ]

    assert {answer.status_code for answer in answers} <= {409, 422}
    assert not any("<script>" in answer.text.replace("<script src", "") for answer in answers)
    (item,) = (await desk.billing.subscription(id_)).items
    assert (item.price, item.quantity) == ("price_basic", 1)


async def test_while_nothing_is_collected_nothing_can_be_settled_now(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)
    await desk.billing.pause(id_, invoices="void")

    choice = await desk.answer(f"{path}/change?kind=plan")
    asked = await preview(desk, path, price="price_pro")

    assert 'value="always_invoice" required disabled' in choice.text
    assert "Not while collection is paused" in shown(choice).text
    assert asked.status_code == 409


async def test_on_trial_nothing_is_due(desk: Desk) -> None:
    id_ = await desk.subscribed(plan="basic", trial=timedelta(days=14))
    path = f"/admin/subscriptions/{id_}"

    asked = await preview(desk, path, price="price_pro", proration="none")

    text = shown(asked).text
    assert "Due with the next invoice, on 15 January 2026 $20.00" in text
    assert "Nothing is charged before the trial ends on 15 January 2026." in text
    assert path_of(await agree(desk, path, asked))


async def test_what_ends_anyway_is_not_kept_by_a_change(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)
    await desk.billing.cancel(id_)

    text = shown(await preview(desk, path, price="price_pro", proration="create_prorations")).text

    assert "It still ends on 1 February 2026: changing it does not keep it." in text
    assert "may never be credited or charged" in text


async def test_what_is_owed_is_not_changed(busy: Desk) -> None:
    (failing,) = [
        link
        for link in (await busy.see("/admin/subscriptions?status=past_due")).links
        if "/subscriptions/asub_" in link
    ]

    seen = await busy.see(failing)

    assert "Its items can be changed while it is active or on trial." in seen.text
    assert not [link for link in seen.links if "/change" in link]


class NoPreviews(FakeProcessor):
    """A Fake that changes what it is told to, and does not say what that costs."""

    @property
    def support(self) -> SupportTable:
        return {**super().support, Capability.PREVIEW_CHANGE: UNSUPPORTED}


async def test_what_cannot_be_shown_first_is_not_offered(prepared_database_url: str) -> None:
    engine = new_engine()
    async with opened(prepared_database_url, engine=engine, processor=NoPreviews(engine)) as desk:
        id_ = await desk.subscribed()
        seen = await desk.see(f"/admin/subscriptions/{id_}")

        assert not [link for link in seen.links if "/change" in link]
        assert "“Change plan” is not offered: Fake does not support it." in seen.text


async def test_an_item_is_added_and_removed_after_every_amount_was_shown(desk: Desk) -> None:
    id_, path = await half_a_month_of(desk)

    choice = await desk.answer(f"{path}/change?kind=add")
    asked = await preview(desk, path, kind="add", price="price_pro", quantity="2")
    await agree(desk, path, asked)
    page = await desk.see(path)
    first, second = (await desk.billing.subscription(id_)).items

    assert 'value="price_basic" required disabled' in choice.text
    assert "Add Pro × 2?" in shown(asked).text
    assert "Due now $20.00" in shown(asked).text
    assert "Opens: reports." in shown(asked).text
    assert [(item.price, item.quantity) for item in (first, second)] == [
        ("price_basic", 1),
        ("price_pro", 2),
    ]
    assert f"{path}/change?kind=remove&item={second.id}" in page.links

    which = await desk.see(f"{path}/change?kind=remove&item={second.id}")
    asked = await preview(desk, path, kind="remove", item=second.id)
    removed = await agree(desk, path, asked)
    again = await agree(desk, path, asked)

    assert "Which item" in which.text
    assert "Remove Pro?" in shown(asked).text
    assert "$20.00 stays with the customer as a credit" in shown(asked).text
    assert "Closes: reports." in shown(asked).text
    assert path_of(removed) == path_of(again)
    assert [item.price for item in (await desk.billing.subscription(id_)).items] == ["price_basic"]
    assert not [link for link in (await desk.see(path)).links if "kind=remove" in link]


@pytest.mark.parametrize("kind", ["plan", "quantity", "remove"])
async def test_of_several_items_one_has_to_be_named(desk: Desk, kind: str) -> None:
    id_, path = await half_a_month_of(desk)
    await desk.billing.add_item(id_, "pro", proration="none")

    asked = await preview(desk, path, kind=kind, price="price_pro", quantity="2")

    assert asked.status_code == 422
    assert "That cannot be done" in shown(asked).text
    assert "Which item" in asked.text
