"""What a customer does on the portal, and what comes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accrue_core.billing.catalog import Price
from accrue_core.contracts.auth import Identity
from tests.portal.house import ANN, BOB, House


async def subscribe(house: House, plan: str | Price = "pro", **options: object) -> str:
    options = {"payment_method": "pm_card_visa", **options}
    outcome = await house.billing.subscribe(ANN, plan, **options)  # type: ignore[arg-type]
    await house.settle()
    return outcome.value.id


async def test_an_owner_without_anything_is_on_the_free_plan(house: House) -> None:
    async with house.browser() as ann:
        page = await ann.see()
        invoices = await ann.see(page.links["Invoices"])

    assert page.h1 == "You are on Free"
    assert "It costs nothing, for as long as you like." in page.text
    assert "Notes" in page.text
    assert page.links["Back to the app"] == "/"
    assert page.forms == []
    assert "There are no invoices yet" in invoices.text
    assert await house.billing.find_customer(ANN) is None
    assert house.engine.books.customers == {}


async def test_a_subscriber_sees_what_they_have(house: House) -> None:
    await subscribe(house)

    async with house.browser() as ann:
        page = await ann.see()
        bill = await ann.see(page.links["F00001-0001"])

    assert page.h1 == "You are on Pro"
    assert (
        "It renews on 1 February 2026, and your Visa ending in 4242 is charged then." in page.text
    )
    assert "$20.00 a month" in page.text
    assert "Data export Notes Reports" in page.text
    assert "Visa ending in 4242 expires 12/2034" in page.text
    assert bill.h1 == "Invoice F00001-0001"
    assert "Paid on 1 January 2026. Thank you." in bill.text
    assert "Billed to Ann & Sons ann@sons.test" in bill.text
    assert "Pro 1 Jan 2026 – 1 Feb 2026 1 $20.00 Total $20.00 Paid $20.00" in bill.text


async def test_canceling_is_explained_done_and_undone(house: House) -> None:
    subscription_id = await subscribe(house)

    async with house.browser() as ann:
        question = await ann.see((await ann.see()).links["Cancel Pro"])
        after = await ann.follow(question, "Cancel Pro")
        canceled = await house.billing.subscription(subscription_id)
        kept = await ann.follow(after, "Keep Pro")

    assert question.h1 == "Cancel Pro?"
    for consequence in (
        "Pro stays open until 1 February 2026.",
        "Then Data export and Reports close.",
        "You keep Notes.",
        "Nothing more is charged.",
        "What you have paid for this period is not refunded.",
        "Until 1 February 2026 you can change your mind here.",
    ):
        assert consequence in question.text
    assert canceled.cancel_at_period_end
    assert after.h1 == "Pro ends on 1 February 2026"
    assert "It is canceled" in after.text
    assert kept.h1 == "You are on Pro"
    assert "Welcome back: it goes on" in kept.text
    assert not (await house.billing.subscription(subscription_id)).is_ending
    timeline = (await house.billing.timeline_for(subscription_id)).items
    assert [(entry.type, entry.actor) for entry in timeline[:2]] == [
        ("subscription.cancellation_undone", "user:user-ann"),
        ("subscription.cancellation_scheduled", "user:user-ann"),
    ]


async def test_a_form_sent_twice_is_one_operation(house: House) -> None:
    subscription_id = await subscribe(house)

    async with house.browser() as ann:
        question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
        first = await ann.press(question, "Cancel Pro")
        second = await ann.press(question, "Cancel Pro")
        page = await ann.follow(await ann.see(second.location), "Keep Pro")
        # The browser's back button still holds the first form: it says nothing new.
        third = await ann.press(question, "Cancel Pro")

    assert first.location == second.location == third.location
    assert page.h1 == "You are on Pro"
    assert not (await house.billing.subscription(subscription_id)).is_ending
    assert house.processor.backend.calls["subscriptions.cancel"] == 1


async def test_an_ended_subscription_leaves_the_free_plan(house: House) -> None:
    subscription_id = await subscribe(house)
    async with house.browser() as ann:
        question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
        await ann.press(question, "Cancel Pro")
        await house.advance(days=31)

        page = await ann.see()
        detail = await ann.see(page.links["Pro"])
        again = await ann.press(detail, "Keep Pro") if "Keep Pro" in detail.buttons else None

    assert page.h1 == "You are on Free"
    assert "Pro has ended. It ended on 1 February 2026. Nothing more is charged." in page.text
    assert detail.h1 == "Pro has ended"
    assert again is None
    assert "Cancel Pro" not in detail.links


async def test_an_end_that_has_come_counts_before_its_webhook_does(house: House) -> None:
    subscription_id = await subscribe(house)
    await house.billing.cancel(subscription_id)
    house.engine.advance(timedelta(days=31))

    async with house.browser() as ann:
        page = await ann.see()

    assert page.h1 == "You are on Free"
    assert not await house.billing.entitled(ANN, "reports")


async def test_a_failed_renewal_says_what_happens_next(house: House) -> None:
    subscription_id = await subscribe(house, payment_method="pm_card_failsAtRenewal")
    await house.advance(days=31)

    async with house.browser() as ann:
        page = await ann.see()
        question = await ann.see(page.links["Cancel Pro"])
        after = await ann.follow(question, "Cancel Pro")

    assert page.h1 == "The last payment for Pro did not go through"
    assert "We try your Visa ending in 0341 again on 4 February 2026, for $20.00." in page.text
    assert "Data export and Reports are closed until the payment goes through." in page.text
    assert "Pay or change how you pay" in page.buttons
    assert "Nothing more is charged" not in question.text
    assert "Invoice F00001-0002 over $20.00 stays due." in question.text
    assert "is not refunded" not in question.text
    assert after.h1 == page.h1
    assert "Pro ends on 1 March 2026. It does not renew after that." in after.text
    assert (await house.billing.subscription(subscription_id)).is_ending


async def test_a_first_payment_that_waits_for_the_bank(house: House) -> None:
    subscription_id = await subscribe(house, payment_method="pm_card_authenticationRequired")

    async with house.browser() as ann:
        waiting = await ann.see()
        ref = (await house.billing.subscription(subscription_id)).ref
        house.engine.authenticate(ref)
        await house.settle()
        done = await ann.see()

    assert waiting.h1 == "One step is left to start Pro"
    assert "your bank may be waiting for you to confirm it" in waiting.text
    assert "Pay or change how you pay" in waiting.buttons
    assert done.h1 == "You are on Pro"


async def test_what_never_began_ends_at_once(house: House) -> None:
    subscription_id = await subscribe(house, payment_method="pm_card_chargeDeclined")

    async with house.browser() as ann:
        question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
        twice = [await ann.press(question, "Cancel at once") for _ in range(2)]
        after = await ann.see(twice[0].location)
        await house.settle()
        invoice = await ann.see((await ann.see()).links["F00001-0001"])

    assert "It ends at once, when you confirm." in question.text
    assert "Nothing has been charged, and nothing will be." in question.text
    assert twice[0].location == twice[1].location
    assert after.h1 == "Pro has ended"
    assert "It was canceled: there is nothing to pay." in invoice.text


async def test_a_trial_costs_nothing_to_leave(house: House) -> None:
    subscription_id = await subscribe(house, trial=timedelta(days=14))

    async with house.browser() as ann:
        page = await ann.see()
        question = await ann.see(page.links["Cancel Pro"])
        after = await ann.follow(question, "Cancel Pro")

    assert page.h1 == "Pro is free until 15 January 2026"
    assert "After that it goes on, and your Visa ending in 4242 is charged." in page.text
    assert "Nothing is charged: the trial costs nothing." in question.text
    assert "refunded" not in question.text
    assert after.h1 == "Pro ends on 15 January 2026"
    assert (await house.billing.subscription(subscription_id)).is_ending


async def test_several_subscriptions_stand_side_by_side(house: House) -> None:
    pro = await subscribe(house)
    await subscribe(house, "extra", payment_method="pm_card_mastercard")

    async with house.browser() as ann:
        page = await ann.see()
        question = await ann.see(f"/subscriptions/{pro}/cancel")

    assert page.h1 == "You have 2 subscriptions"
    assert [two.text for two in page.all("h2")[:2]] == [
        "You are on Extra room",
        "You are on Pro",
    ]
    assert "Mastercard ending in 4444 expires 12/2034 Charged first" in page.text
    assert "You keep Notes and Room." in question.text


async def test_a_price_outside_the_catalog_still_has_words(house: House) -> None:
    subscription_id = await subscribe(house, Price("price_unlisted"), quantity=3)

    async with house.browser() as ann:
        page = await ann.see()
        detail = await ann.see(f"/subscriptions/{subscription_id}")

    assert page.h1 == "Your subscription is active"
    assert "$21.00 every 2 weeks" in page.text
    assert "Cancel your subscription" in page.links
    assert "Quantity 3" in detail.text


async def test_invoices_by_post_can_be_paid(house: House) -> None:
    subscription_id = await subscribe(house, collect="invoice", payment_method=None)

    async with house.browser() as ann:
        page = await ann.see()
        bill = await ann.see(page.links["F00001-0001"])
        question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
        await house.advance(days=31)
        late = await ann.see(page.links["F00001-0001"])

    assert "and an invoice is sent to you then" in page.text
    assert "$20.00 is due on 31 January 2026." in bill.text
    assert "Pay the invoice" in bill.buttons
    assert "No more invoices are sent for it." in question.text
    assert "$20.00 was due on 31 January 2026." in late.text


async def test_a_status_that_nobody_knows_is_being_checked(house: House) -> None:
    subscription_id = await subscribe(house)
    ref = (await house.billing.subscription(subscription_id)).ref
    house.engine.scenarios.speak_unknown_status(ref, word="hibernating")
    house.engine.subscriptions.edit(ref, quantity=2)
    await house.settle()

    async with house.browser() as ann:
        page = await ann.see()

    assert page.h1 == "We are checking how Pro stands"
    assert "Meanwhile Data export and Reports are closed." in page.text
    assert "hibernating" not in page.text
    assert "Cancel Pro" not in page.links


@pytest.mark.parametrize("pages", [0, 2])
async def test_older_invoices_are_on_further_pages(house: House, pages: int) -> None:
    await subscribe(house)
    house.engine.advance(timedelta(days=31 * 22 * pages))
    await house.settle()

    seen: list[str] = []
    async with house.browser() as ann:
        page = await ann.see("/invoices")
        while True:
            seen += [words for words in page.links if words.startswith("F")]
            if "Older" not in page.links:
                break
            page = await ann.see(page.links["Older"])

    invoices = (await house.billing.invoices(ANN, limit=500)).items
    assert seen == [invoice.number for invoice in invoices]
    assert len(seen) > 20 * pages
    assert ("Newest" in page.links) is (pages > 0)


async def test_who_acts_for_a_team_sees_the_teams_billing(house: House) -> None:
    await subscribe(house, "extra")
    await house.billing.subscribe(BOB, "pro", payment_method="pm_card_visa")
    house.doorman.people["carl"] = Identity(user_id="c", owners=(BOB.owner, ANN.owner))

    async with house.browser("ann") as ann, house.browser("carl") as carl:
        anns, carls = await ann.see(), await carl.see("/?owner=team:ann&owner_id=ann")

    assert (anns.h1, carls.h1) == ("You are on Extra room", "You are on Pro")
