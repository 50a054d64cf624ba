"""What a customer changes on the portal: the amounts first, then the button, and once."""

from __future__ import annotations

from datetime import timedelta

from accrue_core import Money
from tests.portal.house import ANN, PORTAL, House
from tests.portal.shop import agree, amounts, half_a_month_of


async def test_a_plan_is_changed_after_every_amount_was_shown(shop: House) -> None:
    id_ = await half_a_month_of(shop)

    async with shop.browser() as ann:
        home = await ann.see()
        choice = await ann.see(home.links["Change plan of Extra room"])
        page = await amounts(ann, id_, "pro")
        sent = await agree(ann, page)
        after = await ann.see(sent.location)

    assert "Extra room You have it" in choice.text
    assert "Pro by the year" in choice.text
    assert page.h1 == "Change to Pro?"
    for words in (
        "Due now $7.50",
        "From then on $20.00 a month",
        "$7.50 is charged to your Visa ending in 4242 now",
        "If the payment does not go through, nothing changes.",
        "Data export, Notes and Reports open.",
        "Room closes.",
        "Extra room: what you do not use until 1 February 2026 -$2.50",
        "Pro: from today until 1 February 2026 $10.00",
        "Together $7.50",
    ):
        assert words in page.text
    assert page.buttons == ["Change and pay $7.50"]
    assert after.h1 == "You are on Pro"
    assert "It is changed" in after.text
    assert (await shop.billing.invoices(ANN)).items[0].total == Money(750, "usd")
    newest = (await shop.billing.timeline_for(id_)).items[0]
    assert (newest.type, newest.actor) == ("subscription.items_changed", "user:user-ann")


async def test_seats_are_changed_and_what_is_left_over_is_a_credit(shop: House) -> None:
    id_ = await half_a_month_of(shop, "team", quantity=4)

    async with shop.browser() as ann:
        choice = await ann.see((await ann.see()).links["Change plan or seats of Team"])
        (item,) = (await shop.billing.subscription(id_)).items
        more = await amounts(ann, id_, item.id, seats="6")
        page = await amounts(ann, id_, item.id, seats="2")
        sent = await agree(ann, page)
        detail = await ann.see(sent.location)

    assert "You have it, 4 seats" in choice.text
    assert "Only Team has seats." in choice.text
    assert more.h1 == "Change to Team, 6 seats?"
    assert "Due now $12.00" in more.text
    assert "From then on $72.00 a month" in more.text
    assert "$12.00 stays with you as a credit" in page.text
    assert "Due now $0.00" in page.text
    assert page.buttons == ["Change to Team, 2 seats"]
    assert "Quantity 2" in detail.text


async def test_another_interval_begins_a_new_period_and_says_so(shop: House) -> None:
    id_ = await half_a_month_of(shop, "pro")

    async with shop.browser() as ann:
        page = await amounts(ann, id_, "price_pro_annual")
        after = await ann.see((await agree(ann, page)).location)

    assert page.h1 == "Change to Pro by the year?"
    assert "Due now $190.00" in page.text
    assert "From then on $200.00 a year" in page.text
    assert "A new period begins now, and ends on 16 January 2027." in page.text
    assert "What is open to you stays as it is." in page.text
    assert "Renews 16 January 2027" in after.text


async def test_on_trial_nothing_is_charged_before_its_end(shop: House) -> None:
    outcome = await shop.billing.subscribe(
        ANN, "extra", payment_method="pm_card_visa", trial=timedelta(days=14)
    )

    async with shop.browser() as ann:
        page = await amounts(ann, outcome.value.id, "team", seats="3")
        after = await ann.see((await agree(ann, page)).location)

    assert "Due with your next invoice, 15 January 2026 $36.00" in page.text
    assert "Nothing is charged before your trial ends on 15 January 2026." in page.text
    assert page.buttons == ["Change to Team, 3 seats"]
    assert after.h1 == "Team is free until 15 January 2026"


async def test_who_gets_invoices_is_sent_one(shop: House) -> None:
    id_ = await half_a_month_of(shop, collect="invoice", payment_method=None)

    async with shop.browser() as ann:
        page = await amounts(ann, id_, "pro")

    assert "an invoice over $7.50 is sent to you" in page.text
    assert page.buttons == ["Change to Pro"]


async def test_amounts_that_have_moved_are_shown_again_with_what_moved(shop: House) -> None:
    id_ = await half_a_month_of(shop)

    async with shop.browser() as ann:
        page = await amounts(ann, id_, "pro")
        await shop.advance(days=2)
        stale = await agree(ann, page, status=409)
        after = await ann.see((await agree(ann, stale)).location)

    assert "What is due was $7.50, and is $6.53 now." in stale.text
    assert stale.buttons == ["Change and pay $6.53"]
    assert after.h1 == "You are on Pro"


async def test_a_declined_card_changes_nothing_and_another_one_pays(shop: House) -> None:
    id_ = await half_a_month_of(shop)
    await shop.billing.add_payment_method(ANN, "pm_card_chargeDeclined")

    async with shop.browser() as ann:
        declined = await agree(ann, await amounts(ann, id_, "pro"), status=402)
        elsewhere = await ann.press(declined, "Change how you pay")
        await shop.billing.add_payment_method(ANN, "pm_card_visa")
        after = await ann.see((await agree(ann, declined)).location)

    assert "The card was declined" in declined.text
    assert "Nothing has changed, and nothing was charged." in declined.text
    assert not elsewhere.location.startswith(PORTAL)
    assert after.h1 == "You are on Pro"


async def test_the_bank_is_asked_and_everything_waits_for_it(shop: House) -> None:
    id_ = await half_a_month_of(shop)
    await shop.billing.add_payment_method(ANN, "pm_card_authenticationRequired")

    async with shop.browser() as ann:
        page = await amounts(ann, id_, "pro")
        away = await agree(ann, page)
        again = await agree(ann, page)
        waiting = await ann.see()
        back = await ann.see(f"/subscriptions/{id_}/change/amounts?to=pro", status=303)
        subscription = await shop.billing.subscription(id_)
        shop.engine.authenticate(subscription.ref)
        await shop.settle()
        after = await ann.see(back.location)

    assert "/authenticate/" in away.location
    assert away.location == again.location, "a double click leads to the same bank"
    assert shop.processor.backend.calls["subscriptions.change"] == 1
    assert subscription.is_pending
    assert waiting.h1 == "The change of Extra room waits for your bank"
    assert "If you do not confirm it by 17 Jan 2026, 11:00 UTC, nothing changes" in waiting.text
    assert "Confirm or pay" in waiting.buttons
    assert not [words for words in waiting.links if words.startswith("Change plan")]
    assert back.location == f"{PORTAL}/subscriptions/{id_}"
    assert after.h1 == "You are on Pro"


async def test_a_form_that_is_sent_twice_is_one_change(shop: House) -> None:
    id_ = await half_a_month_of(shop)

    async with shop.browser() as ann:
        page = await amounts(ann, id_, "team", seats="3")
        first = await agree(ann, page)
        second = await agree(ann, page)
        # The browser's back button still holds the form, whatever has happened since.
        await shop.billing.update_quantity(id_, 5, proration="none")
        third = await agree(ann, page)

    assert first.location == second.location == third.location
    assert shop.processor.backend.calls["subscriptions.change"] == 2
    assert (await shop.billing.subscription(id_)).items[0].quantity == 5
