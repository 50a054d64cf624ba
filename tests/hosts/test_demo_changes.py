"""The demonstration's customers change their minds: the amounts first, then the button."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from accrue_core import Money
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.pages.words import money
from examples.litestar_saas.billing import subscription_of
from examples.litestar_saas.people import BIRCH, KITE, STILLWATER, Organization
from tests.hosts.demo_host import ORIGIN, Place, copy_of_the_year, form, opened

DECLINED, ASKS_FIRST = "pm_card_chargeDeclined", "pm_card_authenticationRequired"
TO_TEAM = "/plans/change?plan=price_team_seat&seats=5"
TO_YEARLY = "/plans/change?plan=price_pro_yearly"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(copy_of_the_year(tmp_path / "demo")) as place:
        yield place


async def held(place: Place, organization: Organization = BIRCH) -> Subscription:
    found = await subscription_of(place.host.accrue.billing, organization)
    assert found is not None
    return found


async def what(place: Place, organization: Organization = BIRCH) -> list[tuple[str, int | None]]:
    return [(item.price, item.quantity) for item in (await held(place, organization)).items]


async def paid(place: Place, organization: Organization = BIRCH) -> Money:
    invoices = (await place.host.accrue.billing.invoices(organization, limit=200)).items
    return sum((one.amount_paid for one in invoices), Money(0, organization.currency))


async def charged_with(place: Place, card: str) -> None:
    await place.host.accrue.billing.add_payment_method(BIRCH, card)
    await place.courier.settle()


def due_today(page: httpx.Response) -> str:
    found = re.search(r'<strong class="due">([^<]+)</strong>', page.text)
    assert found is not None, page.text
    return found[1]


async def test_an_upgrade_charges_exactly_what_was_shown(place: Place) -> None:
    async with place.signed_in("ines") as client:
        assert TO_YEARLY in (await client.get("/plans")).text
        before = await paid(place)
        page = await client.get(TO_TEAM)
        assert "Team, 5 seats: from today until 30 November 2026" in page.text
        assert "Pro by the month: what you do not use until 30 November 2026" in page.text
        assert "from Mastercard ending in" in page.text
        assert "$60.00 a month" in page.text
        assert await what(place) == [("price_pro_monthly", 1)]

        done = await place.send(client, TO_TEAM, "/plans/change")
        assert done.headers["location"] == "/plans?said=changed"
        await place.courier.settle()
        assert await what(place) == [("price_team_seat", 5)]
        charged = await paid(place) - before
        assert charged > Money(0, "usd")
        assert due_today(page) == money(charged)
        said = (await client.get("/plans?said=changed")).text
        assert "Done: you have Team, 5 seats" in said
        assert "It renews on 30 November 2026 for $60.00" in said


async def test_a_year_begins_today_and_says_when_it_renews(place: Place) -> None:
    async with place.signed_in("ines") as client:
        before, page = await paid(place), await client.get(TO_YEARLY)
        assert "$190.00 a year" in page.text
        assert "<dt>Renews</dt><dd>21 November 2027</dd>" in page.text
        await place.send(client, TO_YEARLY, "/plans/change")
        await place.courier.settle()

        assert due_today(page) == money(await paid(place) - before)
        assert f"{(await held(place)).renews_at:%Y-%m-%d}" == "2027-11-21"
        assert 'href="/plans/change?plan=price_pro_monthly' in (await client.get("/plans")).text


async def test_a_change_during_the_trial_costs_nothing_today(place: Place) -> None:
    async with place.signed_in("tomasz") as client:
        page = await client.get(TO_TEAM)
        assert due_today(page) == "$0.00"
        assert "Your invoice on 26 November 2026" in page.text
        assert "<dt>Renews</dt><dd>26 December 2026</dd>" in page.text
        await place.send(client, TO_TEAM, "/plans/change")
        await place.courier.settle()

        assert await what(place, KITE) == [("price_team_seat", 5)]
        assert await paid(place, KITE) == Money(0, "usd")
        assert "Free until 26 November 2026" in (await client.get("/")).text


async def test_seats_are_changed_and_fewer_of_them_leave_a_credit(place: Place) -> None:
    async with place.signed_in("ines") as client:
        await place.send(client, TO_TEAM, "/plans/change")
        await place.courier.settle()
        plans = (await client.get("/plans")).text
        assert "Change the seats" in plans
        assert re.search(r'name="seats"[^>]*value="5"', plans)
        before, fewer = await paid(place), TO_TEAM.replace("seats=5", "seats=2")

        page = await client.get(fewer)
        assert due_today(page) == "$0.00"
        assert "stays with you as a credit" in page.text
        await place.send(client, fewer, "/plans/change")
        await place.courier.settle()
        assert await what(place) == [("price_team_seat", 2)]
        assert await paid(place) == before
        same = await client.get(fewer)
        assert same.headers["location"] == "/plans?said=same"
        assert "nothing to change" in (await client.get("/plans?said=same")).text


async def test_a_declined_card_changes_nothing(place: Place) -> None:
    await charged_with(place, DECLINED)
    async with place.signed_in("ines") as client:
        before = await paid(place)
        refused = await place.send(client, TO_TEAM, "/plans/change")
        assert refused.status_code == 402
        assert "The card was declined" in refused.text
        assert 'action="/card"' in refused.text
        await place.courier.settle()
        assert await what(place) == [("price_pro_monthly", 1)]
        assert await paid(place) == before
        assert (await client.get("/reports")).status_code == 200

        await charged_with(place, "pm_card_visa")
        again = form(refused.text, "/plans/change")
        done = await client.post("/plans/change", data=again)
        assert done.headers["location"] == "/plans?said=changed"


async def test_a_form_that_is_sent_twice_is_one_change(place: Place) -> None:
    async with place.signed_in("ines") as client:
        given = form((await client.get(TO_TEAM)).text, "/plans/change")
        first = await client.post("/plans/change", data=given)
        await place.courier.settle()
        charged = await paid(place)
        second = await client.post("/plans/change", data=given)
        await place.courier.settle()

        assert first.headers["location"] == second.headers["location"] == "/plans?said=changed"
        assert await paid(place) == charged
        assert place.engine.calls["subscriptions.change"] == 1


async def test_amounts_that_moved_are_shown_again_before_anything_is_done(place: Place) -> None:
    async with place.signed_in("ines") as client:
        given = form((await client.get(TO_TEAM)).text, "/plans/change")
        before = await paid(place)
        stale = await client.post("/plans/change", data=given | {"seats": "50"})
        assert stale.status_code == 409
        assert "The amounts have changed" in stale.text
        assert "Team, 50 seats: from today" in stale.text
        assert await what(place) == [("price_pro_monthly", 1)]

        await client.post("/plans/change", data=form(stale.text, "/plans/change"))
        await place.courier.settle()
        assert await what(place) == [("price_team_seat", 50)]
        assert due_today(stale) == money(await paid(place) - before)


async def test_a_change_waits_for_the_bank_and_says_so(place: Place) -> None:
    await charged_with(place, ASKS_FIRST)
    async with place.signed_in("ines") as client:
        given = form((await client.get(TO_TEAM)).text, "/plans/change")
        asked = await client.post("/plans/change", data=given)
        bank = asked.headers["location"]
        assert bank.startswith(f"{ORIGIN}/billing/fake/authenticate/")
        assert (await client.post("/plans/change", data=given)).headers["location"] == bank
        assert "A change waits for your bank" in (await client.get("/")).text
        assert "/plans/change" not in (await client.get("/plans")).text
        assert (await client.get(TO_YEARLY)).headers["location"] == "/plans"
        assert await what(place) == [("price_pro_monthly", 1)]

        page = (await client.get(bank)).text
        action = bank.removeprefix(ORIGIN)
        answer = form(page, action) | {"answer": "complete"}
        assert (await client.post(action, data=answer)).status_code == 303
        await place.courier.settle()
        assert await what(place) == [("price_team_seat", 5)]
        assert "Team is paid" in (await client.get("/")).text


async def test_nobody_changes_what_another_organization_has(place: Place) -> None:
    ids = {one.id: (await held(place, one)).id for one in (BIRCH, KITE)}
    async with place.signed_in("tomasz") as client:
        given = form((await client.get(TO_TEAM)).text, "/plans/change")
        named = {"subscription_id": ids["birch"], "subscription": ids["birch"]}
        await client.post("/plans/change", data=given | named)
        await place.courier.settle()
        assert await what(place, BIRCH) == [("price_pro_monthly", 1)]
        assert await what(place, KITE) == [("price_team_seat", 5)]
    async with place.signed_in("ines") as client:
        borrowed = form((await client.get(TO_TEAM)).text, "/plans/change")
        token = given["token"]
        answer = await client.post("/plans/change", data=borrowed | {"token": token})
        assert answer.status_code == 409
        assert await what(place, BIRCH) == [("price_pro_monthly", 1)]
    for stranger in (place.visitor(), place.signed_in("noor")):
        async with stranger as client:
            assert (await client.get(TO_TEAM)).status_code == 403


@pytest.mark.parametrize(
    "query",
    ["plan=price_team_seat&seats=1", "plan=price_team_seat&seats=101", "plan=free", "",
     "plan=price_team_seat&seats=many", "plan=price_pro_yearly_eur"],
)  # fmt: skip
async def test_what_is_not_sold_is_not_previewed(place: Place, query: str) -> None:
    async with place.signed_in("ines") as client:
        assert (await client.get(f"/plans/change?{query}")).status_code == 400
        given = form((await client.get(TO_TEAM)).text, "/plans/change")
        wrong = dict(httpx.QueryParams(query)) or {"plan": ""}
        assert (await client.post("/plans/change", data=given | wrong)).status_code == 400
        assert place.engine.calls["subscriptions.change"] == 0


@pytest.mark.parametrize("person", ["sofia", "amara", "lucas"])
async def test_who_has_nothing_to_change_is_led_to_the_plans(place: Place, person: str) -> None:
    tail = "_eur" if person == "amara" else ""
    async with place.signed_in(person) as client:
        answer = await client.get(f"/plans/change?plan=price_pro_yearly{tail}")
        assert answer.headers["location"] == "/plans"
        assert "/plans/change" not in (await client.get("/plans")).text


async def test_an_end_that_was_asked_for_meanwhile_wins(place: Place) -> None:
    async with place.signed_in("ines") as client:
        given = form((await client.get(TO_TEAM)).text, "/plans/change")
        await place.send(client, "/settings", "/subscription/cancel")
        assert (await client.post("/plans/change", data=given)).headers["location"] == "/plans"
        assert await what(place) == [("price_pro_monthly", 1)]
        assert (await held(place, STILLWATER)).is_ending


async def test_a_pause_closes_and_resuming_opens(place: Place) -> None:
    async with place.signed_in("ines") as client:
        paused = await place.send(client, "/settings", "/subscription/pause")
        assert paused.status_code == 303
        assert "Paused" in (await client.get("/")).text
        assert (await client.get("/reports")).headers["location"] == "/reports/closed"
        assert "Reports are paused" in (await client.get("/reports/closed")).text
        plans = (await client.get("/plans")).text
        assert 'action="/checkout"' not in plans
        assert "/plans/change" not in plans

        await place.send(client, "/", "/subscription/resume")
        assert "Pro is paid" in (await client.get("/")).text
        assert (await client.get("/reports")).status_code == 200


async def test_no_change_is_taken_from_elsewhere(place: Place) -> None:
    async with place.signed_in("ines") as client:
        given = form((await client.get(TO_TEAM)).text, "/plans/change")
        given.pop("_csrf_token")
        for action in ("/plans/change", "/subscription/pause", "/subscription/resume"):
            answer = await client.post(action, data=given)
            assert answer.status_code == 403
            assert "grown stale" in answer.text
        assert await what(place) == [("price_pro_monthly", 1)]
