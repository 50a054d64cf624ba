"""What depends on the processor: its own pages, what it cannot do, and when it is away."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from accrue_core import Owner
from accrue_core.contracts.auth import Identity
from accrue_core.contracts.capabilities import Capability
from accrue_core.settings import Secret
from accrue_fake.processor import FakeProcessor
from tests.portal.house import ANN, ORIGIN, PORTAL, House, Limited, new_engine, open_house
from tests.services.lanes import on_sqlite

pytestmark = on_sqlite
"""What a page says and does with an answer is the same on both; the reads behind it run on both."""

LATER, NOW = Capability.CANCEL_AT_PERIOD_END, Capability.CANCEL_NOW


async def subscribe(house: House, **options: str) -> str:
    options = {"payment_method": "pm_card_visa", **options}
    return (await house.billing.subscribe(ANN, "pro", **options)).value.id  # type: ignore[arg-type]


async def test_the_way_to_the_payment_page_is_a_redirect_and_nothing_else(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await subscribe(house)

    async with house.browser() as ann:
        page = await ann.see()
        sent = await ann.press(page, "Change how you pay")

    (visit,) = house.engine.books.portals.values()
    customer = await house.billing.find_customer(ANN)
    assert customer is not None
    assert visit.request.customer == customer.ref
    assert visit.request.return_url == f"{ORIGIN}{PORTAL}/"
    assert visit.request.flow == "payment_method_update"
    assert sent.location.startswith("https://fake.invalid/portal/")
    assert sent.answer.text == ""
    assert sent.answer.headers["cache-control"] == "no-store"
    assert sent.location.rpartition("/")[2] not in caplog.text


async def test_a_card_that_was_changed_there_is_shown_here(house: House) -> None:
    await subscribe(house, payment_method="pm_card_failsAtRenewal")
    await house.advance(days=31)

    async with house.browser() as ann:
        sent = await ann.press(await ann.see(), "Pay or change how you pay")
        house.engine.portal.add_card(sent.location.rpartition("/")[2], "pm_card_mastercard")
        await house.advance(days=3)
        page = await ann.see()

    assert page.h1 == "You are on Pro"
    assert "your Mastercard ending in 4444 is charged then" in page.text


@pytest.mark.parametrize("processor", ["other", "", "nowhere"])
async def test_only_a_processor_of_the_owner_is_visited(house: House, processor: str) -> None:
    await subscribe(house)

    async with house.browser() as ann, house.browser("bob") as bob:
        page = await ann.see()
        await ann.press(page, "Change how you pay", processor=processor, status=404)
        await bob.see()
        form = page.form("Change how you pay")
        token = {"form_token": dict(bob.cookies)["__Host-accrue_portal_form"]}
        stranger = await bob.post(form.action, data={**form.fields, **token})

    assert stranger.status_code == 404
    assert house.engine.books.portals == {}
    assert len(house.engine.books.customers) == 1


@pytest.mark.parametrize(
    ("allowed", "host", "leads_to"),
    [
        ({"https://app.test", "https://eu.app.test"}, "eu.app.test", "https://eu.app.test"),
        ({"https://other.test"}, "app.test", "https://other.test"),
        ({"https://other.test", "https://third.test"}, "evil.test", None),
        (set(), "app.test", None),
    ],
)
async def test_the_way_back_is_an_allowed_origin_or_there_is_no_way(
    prepared_database_url: str, allowed: set[str], host: str, leads_to: str | None
) -> None:
    async with open_house(prepared_database_url, allowed_origins=frozenset(allowed)) as house:
        await subscribe(house)
        async with house.browser(host=host) as ann:
            page = await ann.see()
            if leads_to is None:
                assert "Change how you pay" not in page.buttons
                assert "Payment methods cannot be changed on this page." in page.text
                return
            await ann.press(page, "Change how you pay")

        (visit,) = house.engine.books.portals.values()
        assert visit.request.return_url == f"{leads_to}{PORTAL}/"


async def test_a_deployment_on_the_loopback_may_lead_there(prepared_database_url: str) -> None:
    local = frozenset({"http://127.0.0.1:8000"})
    async with open_house(prepared_database_url, allowed_origins=local) as house:
        async with house.browser() as ann:
            policy = (await ann.get(f"{PORTAL}/")).headers["content-security-policy"]

    assert "form-action 'self' https: http://127.0.0.1:* http://localhost:*;" in policy


@pytest.mark.parametrize(
    ("without", "when"),
    [((), "period_end"), ((LATER,), "now"), ((LATER, NOW), None), ((NOW,), "period_end")],
)
async def test_an_end_is_offered_as_the_processor_can(
    prepared_database_url: str, without: Sequence[Capability], when: str | None
) -> None:
    limited = Limited(new_engine(), without=without)
    async with open_house(prepared_database_url, processors=[limited]) as house:
        subscription_id = await subscribe(house)
        async with house.browser() as ann:
            page = await ann.see(f"/subscriptions/{subscription_id}")
            if when is None:
                straight = await ann.see(f"/subscriptions/{subscription_id}/cancel", status=303)
                assert "It cannot be canceled on this page." in page.text
                assert "Cancel Pro" not in page.links
                assert straight.location == f"{PORTAL}/subscriptions/{subscription_id}"
                return
            question = await ann.see(page.links["Cancel Pro"])
            button = "Cancel at once" if when == "now" else "Cancel Pro"
            after = await ann.follow(question, button)

        subscription = await house.billing.subscription(subscription_id)
        assert (subscription.is_ended, subscription.is_ending) == (when == "now", when != "now")
        if when == "now":
            assert "Data export and Reports close at once." in question.text
            assert "The rest of the period that you have paid for is not refunded." in question.text
            assert "This cannot be undone." in question.text
            assert after.h1 == "Pro has ended"


async def test_what_cannot_be_undone_here_is_said_before_and_after(
    prepared_database_url: str,
) -> None:
    limited = Limited(new_engine(), without=(Capability.KEEP,))
    async with open_house(prepared_database_url, processors=[limited]) as house:
        subscription_id = await subscribe(house)
        async with house.browser() as ann:
            question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
            form = question.form("Cancel Pro")
            after = await ann.follow(question, "Cancel Pro")
            keep = f"{PORTAL}/subscriptions/{subscription_id}/keep"
            refused = await ann.post(keep, data=form.fields)

    assert "It cannot be undone here." in question.text
    assert "This cannot be undone here." in after.text
    assert "Keep Pro" not in after.buttons
    assert refused.status_code == 422
    assert "This cannot be done here" in refused.text


async def test_a_processor_without_pages_of_its_own_is_no_dead_end(
    prepared_database_url: str,
) -> None:
    limited = Limited(new_engine(), without=(Capability.BILLING_PORTAL,))
    async with open_house(prepared_database_url, processors=[limited]) as house:
        await subscribe(house)
        async with house.browser() as ann:
            page = await ann.see()
            (token,) = ann.cookies.values()
            sent = {"form_token": token, "processor": "fake"}
            refused = await ann.post(f"{PORTAL}/payment-page", data=sent)

    assert page.buttons == []
    assert "Payment methods cannot be changed on this page." in page.text
    assert refused.status_code == 422


async def test_two_processors_have_a_till_each(prepared_database_url: str) -> None:
    other = FakeProcessor(new_engine(seed=7), name="other", webhook_secret=Secret("whsec_other"))
    here = FakeProcessor(new_engine())
    async with open_house(prepared_database_url, processors=[here, other]) as house:
        await subscribe(house)
        await subscribe(house, processor="other", payment_method="pm_card_mastercard")
        async with house.browser() as ann:
            page = await ann.see()
            forms = [form for form in page.forms if form.button == "Change how you pay"]
            answers = [await ann.post(form.action, data=form.fields) for form in forms]

    assert page.h1 == "You have 2 subscriptions"
    assert "How you pay (Fake) Visa" in page.text
    assert "How you pay (Other) Mastercard" in page.text
    assert [form.fields["processor"] for form in forms] == ["fake", "other"]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert other.engine is not None
    assert len(other.engine.books.portals) == len(house.engine.books.portals) == 1


async def test_an_answer_that_is_lost_is_found_by_sending_the_form_again(house: House) -> None:
    subscription_id = await subscribe(house)
    house.engine.scenarios.lose_next_answer("after", call="subscriptions.cancel")

    async with house.browser() as ann:
        question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
        lost = await ann.press(question, "Cancel Pro", status=503)
        again = await ann.follow(question, "Cancel Pro")

    assert lost.h1 == "We do not know yet"
    assert "does nothing twice" in lost.text
    assert lost.links["Look at your billing"] == f"{PORTAL}/"
    assert again.h1 == "Pro ends on 1 February 2026"


async def test_a_processor_that_is_away_has_done_nothing(house: House) -> None:
    subscription_id = await subscribe(house)

    async with house.browser() as ann:
        question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
        house.engine.scenarios.cut_next_call(times=2)
        away = await ann.press(question, "Cancel Pro", status=503)
        closed = await ann.press(await ann.see(), "Change how you pay", status=503)
        after = await ann.follow(question, "Cancel Pro")

    assert away.h1 == closed.h1 == "The payment service cannot be reached"
    assert "Nothing was done." in away.text
    assert after.h1 == "Pro ends on 1 February 2026"


async def test_what_has_changed_meanwhile_is_not_ended_as_if_it_had_not(house: House) -> None:
    subscription_id = await subscribe(house, payment_method="pm_card_authenticationRequired")

    async with house.browser() as ann:
        question = await ann.see(f"/subscriptions/{subscription_id}/cancel")
        house.engine.authenticate((await house.billing.subscription(subscription_id)).ref)
        await house.settle()
        refused = await ann.press(question, "Cancel at once", status=409)

    assert refused.h1 == "This form is out of date"
    assert not (await house.billing.subscription(subscription_id)).is_ended


async def test_an_illegal_wish_is_told_without_a_status(house: House) -> None:
    subscription_id = await subscribe(house)

    async with house.browser() as ann:
        after = await ann.follow(
            await ann.see(f"/subscriptions/{subscription_id}/cancel"), "Cancel Pro"
        )
        await house.advance(days=31)
        refused = await ann.press(after, "Keep Pro", status=409)

    assert refused.h1 == "Something has changed meanwhile"
    assert "canceled" not in refused.text


async def test_a_processor_that_was_taken_out_leaves_its_rows_readable(
    prepared_database_url: str,
) -> None:
    async with open_house(prepared_database_url) as house:
        subscription_id = await subscribe(house)
    other = FakeProcessor(new_engine(), name="other")
    async with open_house(prepared_database_url, processors=[other]) as house:
        house.doorman.people["ann"] = Identity(user_id="a", owners=(Owner("team", "ann"),))
        async with house.browser() as ann:
            page = await ann.see(f"/subscriptions/{subscription_id}")

    assert "It cannot be canceled on this page." in page.text
