"""What may be changed and paused on the portal, by whom, and where nothing is offered."""

from __future__ import annotations

import pytest

from accrue_core.contracts.capabilities import Capability
from tests.portal.house import ANN, BOB, PORTAL, House, Limited, open_house
from tests.portal.shop import agree, amounts, half_a_month_of, open_shop, shop_engine
from tests.services.lanes import on_sqlite

pytestmark = on_sqlite
"""What a page says and does with an answer is the same on both; the reads behind it run on both."""


@pytest.mark.parametrize(
    ("to", "seats", "words"),
    [
        ("", "", "Choose one of the plans."),
        ("extra", "", "Choose one of the plans."),
        ("free", "", "Choose one of the plans."),
        ("price_unlisted", "", "Choose one of the plans."),
        ("team", "", "Say how many seats"),
        ("team", "0", "Say how many seats"),
        ("team", "-2", "Say how many seats"),
        ("team", "a few", "Say how many seats"),
        ("team", "123456", "Say how many seats"),
    ],
)
async def test_a_choice_that_makes_no_sense_is_asked_again(
    shop: House, to: str, seats: str, words: str
) -> None:
    id_ = await half_a_month_of(shop)

    async with shop.browser() as ann:
        page = await amounts(ann, id_, to, seats=seats, status=422)

    assert page.h1 == "Change Extra room"
    assert words in page.text


async def test_a_plan_in_another_currency_is_not_for_this_customer(
    prepared_database_url: str,
) -> None:
    offers = "pro; price_pro_yearly=Pro by the year; price_team=Crew, per seat, eur"
    async with open_shop(prepared_database_url, offers=offers) as shop:
        id_ = await half_a_month_of(shop)
        async with shop.browser() as ann:
            choice = await ann.see(f"/subscriptions/{id_}/change")
            page = await amounts(ann, id_, "price_pro_yearly", status=422)

    assert "Crew" not in choice.text
    assert "Your subscription cannot be changed to that." in page.text


@pytest.mark.parametrize(
    ("spoiled", "status"),
    [
        ({"price": "price_unlisted"}, 409),
        ({"price": "price_pro_yearly"}, 409),
        ({"proration": "none"}, 409),
        ({"proration": "else"}, 400),
        ({"quantity": "0"}, 409),
        ({"quantity": "2"}, 409),
        ({"price": "", "quantity": "2"}, 409),
        ({"quantity": "many"}, 400),
        ({"token": "1.x"}, 422),
        ({"item": "asit_00000000000000000000000000"}, 404),
        ({"operation_id": "mine"}, 422),
    ],
)
async def test_a_form_that_no_page_has_made_changes_nothing(
    shop: House, spoiled: dict[str, str], status: int
) -> None:
    id_ = await half_a_month_of(shop)
    before = await shop.billing.subscription(id_)

    async with shop.browser() as ann:
        form = (await amounts(ann, id_, "pro")).forms[0]
        answer = await ann.post(form.action, data={**form.fields, **spoiled})

    assert answer.status_code == status
    assert await shop.billing.subscription(id_) == before


async def test_what_has_been_set_to_end_is_not_changed(shop: House) -> None:
    id_ = await half_a_month_of(shop)

    async with shop.browser() as ann:
        page = await amounts(ann, id_, "pro")
        await shop.billing.cancel(id_)
        late = await agree(ann, page, status=409)
        detail = await ann.see(f"/subscriptions/{id_}")
        back = await ann.see(f"/subscriptions/{id_}/change", status=303)

    assert late.h1 == "Something has changed meanwhile"
    assert not [words for words in detail.links if words.startswith("Change")]
    assert back.location == f"{PORTAL}/subscriptions/{id_}"
    assert (await shop.billing.subscription(id_)).items[0].price == "price_extra"


async def test_only_seats_are_changed_of_a_subscription_to_several_things(shop: House) -> None:
    id_ = await half_a_month_of(shop, "pro")
    await shop.billing.add_item(id_, "team", quantity=2, proration="none")
    _, team = (await shop.billing.subscription(id_)).items

    async with shop.browser() as ann:
        choice = await ann.see((await ann.see()).links["Change seats of Pro and Team"])
        page = await amounts(ann, id_, team.id, seats="3")
        await agree(ann, page)

    assert choice.h1 == "Change the seats of Pro and Team"
    assert "Due now $6.00" in page.text
    items = (await shop.billing.subscription(id_)).items
    assert [(item.price, item.quantity) for item in items] == [("price_pro", 1), ("price_team", 3)]


@pytest.mark.parametrize(
    "without",
    [Capability.PREVIEW_CHANGE, Capability.CHANGE_ITEMS],
)
async def test_what_the_processor_cannot_do_is_not_offered(
    prepared_database_url: str, without: Capability
) -> None:
    processors = [Limited(shop_engine(), without=[without])]
    async with open_shop(prepared_database_url, processors=processors) as shop:
        id_ = await half_a_month_of(shop)
        async with shop.browser() as ann:
            page = await ann.see()
            away = await ann.see(f"/subscriptions/{id_}/change", status=303)

    assert not [words for words in page.links if words.startswith("Change")]
    assert away.location == f"{PORTAL}/subscriptions/{id_}"


async def test_what_cannot_be_settled_at_once_is_settled_with_the_next_invoice(
    prepared_database_url: str,
) -> None:
    processors = [Limited(shop_engine(), without=[Capability.CHANGE_WITH_INVOICE])]
    async with open_shop(prepared_database_url, processors=processors) as shop:
        id_ = await half_a_month_of(shop)
        async with shop.browser() as ann:
            page = await amounts(ann, id_, "pro")
            await agree(ann, page)

        assert "Due with your next invoice, 1 February 2026 $27.50" in page.text
        assert "Nothing is charged now." in page.text
        assert page.buttons == ["Change to Pro"]
        assert (await shop.billing.subscription(id_)).items[0].price == "price_pro"


async def test_a_host_that_sells_no_changes_offers_none(prepared_database_url: str) -> None:
    async with open_shop(prepared_database_url, offers="none", pause="") as shop:
        id_ = await half_a_month_of(shop, "team", quantity=3)
        async with shop.browser() as ann:
            page = await ann.see()
            await ann.see(f"/subscriptions/{id_}/change", status=303)
            form = {**page.forms[0].fields, "item": "x", "quantity": "1", "token": "x", "to": "x"}
            form |= {"proration": "always_invoice", "operation_id": f"aop_{'0' * 26}"}
            answer = await ann.post(f"{PORTAL}/subscriptions/{id_}/change", data=form)

    assert not [words for words in page.links if words.startswith(("Change", "Pause"))]
    assert answer.status_code == 409


async def test_every_plan_of_the_catalog_is_offered_where_the_host_says_nothing(
    prepared_database_url: str,
) -> None:
    async with open_house(prepared_database_url) as house:
        id_ = await half_a_month_of(house, "pro")
        async with house.browser() as ann:
            choice = await ann.see(f"/subscriptions/{id_}/change")
            page = await amounts(ann, id_, "extra")

    assert "Extra room" in choice.text
    assert "Free" not in choice.text
    assert page.h1 == "Change to Extra room?"


async def test_a_pause_is_made_and_ended_where_the_host_allows_it(shop: House) -> None:
    id_ = await half_a_month_of(shop, "pro")

    async with shop.browser() as ann:
        question = await ann.see((await ann.see()).links["Pause Pro"])
        paused = await ann.follow(question, "Pause Pro")
        twice = await ann.press(question, "Pause Pro")
        is_open = await shop.billing.entitled(ANN, "reports")
        again = await ann.follow(paused, "Go on with Pro")

    assert "While it is paused nothing is charged" in question.text
    assert "Data export and Reports close until you go on." in question.text
    assert paused.h1 == "Pro is paused"
    assert "It is paused" in paused.text
    assert not is_open
    assert twice.location.endswith("done=paused")
    assert again.h1 == "You are on Pro"
    types = [entry.type for entry in (await shop.billing.timeline_for(id_)).items]
    assert types.count("subscription.collection_paused") == 1
    assert types.count("subscription.collection_resumed") == 1


async def test_without_a_word_of_the_host_nobody_pauses(prepared_database_url: str) -> None:
    async with open_shop(prepared_database_url, pause="") as shop:
        id_ = await half_a_month_of(shop, "pro")
        async with shop.browser() as ann:
            page = await ann.see()
            await ann.see(f"/subscriptions/{id_}/pause", status=404)
            form = {**page.forms[0].fields, "operation_id": f"aop_{'0' * 26}"}
            answers = [
                await ann.post(f"{PORTAL}/subscriptions/{id_}/{deed}", data=form)
                for deed in ("pause", "resume")
            ]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert not (await shop.billing.subscription(id_)).is_paused


async def test_another_tenants_subscription_is_neither_changed_nor_priced(shop: House) -> None:
    anns = await half_a_month_of(shop)
    bobs = (await shop.billing.subscribe(BOB, "extra", payment_method="pm_card_visa")).value.id
    before = await shop.billing.subscription(anns)

    async with shop.browser("bob") as bob:
        form = (await amounts(bob, bobs, "pro")).forms[0]
        await amounts(bob, anns, "pro", status=404)
        answers = [
            await bob.post(form.action.replace(bobs, anns), data=form.fields),
            await bob.post(form.action, data={**form.fields, "item": before.items[0].id}),
        ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert await shop.billing.subscription(anns) == before
