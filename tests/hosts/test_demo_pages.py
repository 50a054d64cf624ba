"""The demonstration's pages: what is sold, what is open, what came of it, and what time does."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from examples.litestar_saas.demo import panel
from tests.hosts.demo_host import Place, copy_of_the_year, form, opened

GOOD, DECLINED = "pm_card_visa", "pm_card_chargeDeclined"
ASKS_FIRST = "pm_card_authenticationRequired"
TEAM = 2
"""Which of the forms on the plans page chooses Team."""


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(copy_of_the_year(tmp_path / "demo")) as place:
        yield place


async def checkout(
    place: Place, client: httpx.AsyncClient, *, number: int = 0, **fields: str
) -> str:
    """Choose a plan; return the address of the page to pay on."""
    answer = await place.send(client, "/plans", "/checkout", number=number, **fields)
    assert answer.status_code == 303
    return answer.headers["location"]


async def pay(client: httpx.AsyncClient, hosted: str, card: str) -> httpx.Response:
    """Choose a card on the processor's page and send the form."""
    action = hosted.removeprefix("http://127.0.0.1:8000")
    given = form((await client.get(hosted)).text, action)
    return await client.post(hosted, data={**given, "card": card})


async def pass_time(place: Place, client: httpx.AsyncClient, step: str) -> None:
    answer = await place.send(client, "/plans", "/demo/clock", step=step)
    assert answer.status_code == 303
    assert await place.clockwork.wait(30)


async def test_a_visitor_buys_after_a_decline_and_the_gate_opens(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        assert "Harbor Lights has the free plan" in (await client.get("/plans")).text
        closed = await client.get("/reports")
        assert (closed.status_code, closed.headers["location"]) == (303, "/reports/closed")
        assert "See the plans" in (await client.get("/reports/closed")).text

        hosted = await checkout(place, client)
        refused = await pay(client, hosted, DECLINED)
        assert (refused.status_code, "declined" in refused.text) == (402, True)
        assert (await client.get("/reports")).status_code == 303
        done = (await pay(client, hosted, GOOD)).headers["location"]

        page = (await client.get(done)).text
        assert "Your trial has begun" in page
        assert "free until 5 December 2026" in page
        assert (await client.get("/reports")).status_code == 200
        assert "Harbor Lights has Pro" in (await client.get("/plans")).text
        assert (await client.get("/reports/closed")).status_code == 303


async def test_a_team_pays_for_its_seats_at_once(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        hosted = await checkout(place, client, number=TEAM, seats="7")
        done = (await pay(client, hosted, GOOD)).headers["location"]

        page = (await client.get(done)).text
        assert "Thank you. Team, 7 seats is yours" in page
        assert "It renews on 21 December 2026 for $84.00" in page
        assert "$84.00" in (await client.get("/")).text


@pytest.mark.parametrize("seats", ["1", "101", "-1", "many", ""])
async def test_a_team_of_an_impossible_size_is_refused(place: Place, seats: str) -> None:
    async with place.signed_in("sofia") as client:
        answer = await place.send(client, "/plans", "/checkout", number=TEAM, seats=seats)
        assert answer.status_code == 400
        assert await place.host.accrue.billing.open_operations() == []


async def test_an_offer_in_another_currency_is_not_one_of_theirs(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        answer = await place.send(
            client, "/plans", "/checkout", offer="price_pro_monthly_jpy", seats="2"
        )
        assert answer.status_code == 400
    async with place.signed_in("amara") as client:
        assert "€18.00" in (await client.get("/plans")).text


async def test_a_form_that_is_sent_twice_opens_one_checkout(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        given = form((await client.get("/plans")).text, "/checkout")
        first = await client.post("/checkout", data=given)
        second = await client.post("/checkout", data=given)

        assert first.headers["location"] == second.headers["location"]
        assert place.engine.calls["checkout.create"] == 1

        await pay(client, first.headers["location"], GOOD)
        before_the_webhook = await client.post("/checkout", data=given)
        done = before_the_webhook.headers["location"]
        assert done.startswith("/checkout/done?session=")
        assert "Your trial has begun" in (await client.get(done)).text
        late = await client.post("/checkout", data=given)
        assert late.headers["location"] == "/plans?refused=1"
        assert "no second one was begun" in (await client.get("/plans?refused=1")).text


async def test_who_has_a_plan_is_not_sold_another(place: Place) -> None:
    async with place.signed_in("ines") as client:
        page = (await client.get("/plans")).text
        assert 'action="/checkout"' not in page
        given = form(page, "/demo/clock") | {"offer": "price_pro_monthly", "operation_id": "op_1"}
        answer = await client.post("/checkout", data=given)

        assert answer.headers["location"] == "/plans?refused=1"
        assert place.engine.calls["checkout.create"] == 0


async def test_the_way_back_says_what_is_true_and_grants_nothing(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        hosted = await checkout(place, client)
        [session] = place.engine.engine.books.sessions.keys() - _sessions_of_others(place)
        done = f"/checkout/done?session={session}"

        page = (await client.get(done)).text
        assert "You have not paid yet" in page
        assert hosted in page
        assert (await client.get("/reports")).status_code == 303

        await pass_time(place, client, "week")
        assert "This checkout has expired" in (await client.get(done)).text
        assert (await client.get("/reports")).status_code == 303
        for unknown in ("cs_fake_99999", "x", "acs_00000000000000000000000000"):
            answer = await client.get(f"/checkout/done?session={unknown}")
            assert answer.status_code == 404
        for missing in ("", "?session=", f"?session={'x' * 300}"):
            assert (await client.get(f"/checkout/done{missing}")).status_code == 400


async def test_a_processor_that_cannot_be_asked_is_no_dead_end(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        done = (await pay(client, await checkout(place, client), GOOD)).headers["location"]
        place.engine.engine.scenarios.cut_next_call(call="checkout.fetch")

        page = (await client.get(done)).text
        assert "cannot be reached" in page
        assert "Do not pay twice" in page
        assert "Your trial has begun" in (await client.get(done)).text


async def test_a_webhook_that_came_first_is_believed_without_asking(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        done = (await pay(client, await checkout(place, client), GOOD)).headers["location"]
        await place.courier.settle()
        place.engine.engine.scenarios.cut_next_call(call="checkout.fetch", times=9)

        assert "Your trial has begun" in (await client.get(done)).text


async def test_somebody_elses_checkout_is_nobodys(place: Place) -> None:
    async with place.signed_in("sofia") as client:
        done = (await pay(client, await checkout(place, client), GOOD)).headers["location"]
        await place.courier.settle()
    async with place.signed_in("ines") as client:
        answer = await client.get(done)
        assert answer.status_code == 404
        assert "Harbor" not in answer.text
    async with place.visitor() as client:
        assert (await client.get(done)).status_code == 403


async def test_a_card_that_is_declined_is_changed_and_time_mends_the_rest(place: Place) -> None:
    async with place.signed_in("amara") as client:
        assert "Reports are closed for now" in (await client.get("/reports/closed")).text
        answer = await place.send(client, "/", "/card")
        cards = (await client.get(answer.headers["location"])).headers.get(
            "location", answer.headers["location"]
        )
        page = (await client.get(cards)).text
        action = re.search(r'<form method="post" action="(/billing/fake/portal/[^"]*)"', page)
        assert action is not None
        saved = await client.post(action[1], data={**form(page, action[1]), "card": GOOD})
        assert saved.status_code == 303
        assert (await client.get("/reports")).status_code == 303

        await pass_time(place, client, "week")
        assert (await client.get("/reports")).status_code == 200
        assert "Team is paid" in (await client.get("/")).text


async def test_cancelling_and_thinking_better_of_it(place: Place) -> None:
    async with place.signed_in("ines") as client:
        await place.send(client, "/settings", "/subscription/cancel")
        page = await client.get("/settings")
        assert "Ends on 30 November 2026" in page.text
        kept = form(page.text, "/subscription/keep")
        assert (await client.post("/subscription/keep", data=kept)).status_code == 303
        assert (await client.post("/subscription/keep", data=kept)).status_code == 303
        other = kept | {"operation_id": "op_other"}
        refused = await client.post("/subscription/keep", data=other)
        assert refused.status_code == 409
        assert "Not at this moment" in refused.text


async def test_a_subscription_that_is_set_to_end_ends(place: Place) -> None:
    async with place.signed_in("lucas") as client:
        assert "Ends on 17 December 2026" in (await client.get("/")).text
        assert (await client.get("/reports")).status_code == 200

        await pass_time(place, client, "month")
        assert "Ended on 17 December 2026" in (await client.get("/")).text
        assert "See what your notes say" in (await client.get("/reports/closed")).text


async def test_time_passes_once_however_often_the_form_is_sent(place: Place) -> None:
    async with place.visitor() as client:
        before = place.clockwork.now
        given = form((await client.get("/")).text, "/demo/clock") | {"step": "day"}
        for _ in range(3):
            assert (await client.post("/demo/clock", data=given)).status_code == 303
            await place.clockwork.wait(30)

        assert place.clockwork.now - before == timedelta(days=1)
        assert "22 Nov 2026" in (await client.get("/")).text


async def test_a_long_passage_shows_how_far_it_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "_PATIENCE", 0.0)
    async with place.signed_in("ines") as client:
        answer = await place.send(client, "/settings", "/demo/clock", step="month")
        progress = answer.headers["location"]
        assert progress == "/demo/clock?back=%2Fsettings"

        page = await client.get(progress)
        assert page.status_code == 200
        assert "Time passes until 21 December 2026" in page.text
        assert 'http-equiv="refresh"' in page.text
        assert await place.clockwork.wait(30)
        arrived = await client.get(progress)
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/settings")


async def test_a_day_whose_webhooks_are_refused_is_told_and_made_up_for(place: Place) -> None:
    async with place.signed_in("ines") as client:
        right = place.engine.engine.emitter.secret
        place.engine.engine.emitter.sign_with(type(right)("whsec_wrong"))
        answer = await place.send(client, "/plans", "/demo/clock", step="month")
        page = await client.get(answer.headers["location"])
        assert "Time stands still" in page.text

        place.engine.engine.emitter.sign_with(right)
        await pass_time(place, client, "week")
        assert "30 November 2026" not in (await client.get("/demo/clock")).text
        await pass_time(place, client, "week")
        assert "It renews on 31 December 2026" in (await client.get("/")).text


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example", ""])
async def test_the_panel_leads_to_no_other_site(place: Place, back: str) -> None:
    async with place.visitor() as client:
        answer = await place.send(client, "/", "/demo/clock", step="day", back=back)
        await place.clockwork.wait(30)
        assert answer.headers["location"] == "/"
        assert (await client.get("/demo/clock", params={"back": back})).headers["location"] == "/"


async def test_the_operator_is_no_member_of_anything(place: Place) -> None:
    async with place.signed_in("noor") as client:
        page = (await client.get("/")).text
        assert "You run Fieldnotes" in page
        assert re.search(r"The ledger is intact: \d+ entries", page)
        for path in ("/settings", "/reports", "/checkout/done?session=cs_fake_00001"):
            assert (await client.get(path)).status_code == 403
        assert (await client.get("/plans")).status_code == 200


async def test_strangers_see_the_plans_and_are_asked_to_sign_in(place: Place) -> None:
    async with place.visitor() as client:
        page = await client.get("/")
        assert "Test mode" in page.text
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)
        for asset in ("/static/style.css", "/static/mark.svg", "/billing/health/ready"):
            assert (await client.get(asset)).status_code == 200
        assert "Sign in to choose" in (await client.get("/plans")).text
        for path in ("/settings", "/reports", "/reports/closed"):
            closed = await client.get(path)
            assert closed.status_code == 403
            assert "Sign in first" in closed.text
        assert (await client.get("/nothing")).status_code == 404


async def test_a_stale_cookie_is_taken_back_so_that_reloading_helps(place: Place) -> None:
    async with place.visitor() as client:
        client.cookies.set("fieldnotes_csrf", "signed-by-another", domain="127.0.0.1", path="/")
        refused = await place.send(client, "/", "/sign-in", person="ines")
        assert refused.status_code == 403
        assert "grown stale" in refused.text

        assert (await place.send(client, "/", "/sign-in", person="ines")).status_code == 303


@pytest.mark.parametrize("person", [None, "sofia", "ines", "tomasz", "amara", "lucas", "noor"])
async def test_every_link_leads_somewhere(place: Place, person: str | None) -> None:
    async with place.signed_in(person) if person else place.visitor() as client:
        todo, seen = ["/"], {"/"}
        while todo:
            path = todo.pop()
            page = await client.get(path)
            assert page.status_code in (200, 303), path
            if path.startswith(("/static", "/billing")):
                continue
            found = {html.unescape(link) for link in re.findall(r'href="(/[^"]*)"', page.text)}
            found |= {page.headers["location"]} if page.status_code == 303 else set()
            todo += sorted(found - seen)
            seen |= found
        assert len(seen) >= 4
        assert ("/billing/portal" in seen) is (
            person in ("ines", "tomasz", "amara", "lucas") and place.host.has_pages("portal")
        )
        assert ("/billing/admin" in seen) is (person == "noor" and place.host.has_pages("admin"))


async def test_no_form_is_taken_from_elsewhere(place: Place) -> None:
    async with place.signed_in("ines") as client:
        for action, fields in (
            ("/subscription/cancel", {"operation_id": "op_1"}),
            ("/checkout", {"offer": "price_pro_monthly", "operation_id": "op_1"}),
            ("/card", {}),
            ("/demo/clock", {"step": "day", "seen": place.clockwork.now.isoformat()}),
            ("/sign-in", {"person": "sofia"}),
        ):
            answer = await client.post(action, data=fields)
            assert answer.status_code == 403
            assert "grown stale" in answer.text
        assert "Pro is paid" in (await client.get("/")).text


def _sessions_of_others(place: Place) -> set[str]:
    books = place.engine.engine.books
    harbor = {
        ref
        for ref, record in books.customers.items()
        if record.snapshot.owner is not None and record.snapshot.owner.id == "harbor"
    }
    return {ref for ref, one in books.sessions.items() if one.snapshot.customer not in harbor}
