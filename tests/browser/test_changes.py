"""A plan is changed with its amounts in sight: by its owner in the portal, and for them by an
operator; the card is declined, the bank asks, the amounts move, and hands are impatient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import ORGANIZATIONS, Visit
from tests.browser.host import RunningHost, copy_of, start_host
from tests.browser.visitor import Visitor

PORTAL = "/billing/portal"
CHANGE_NOW = re.compile("^Change and pay")

OFFERS = "pro; price_pro_yearly=Pro by the year, usd; team=Team, per seat, usd"
"""What this host lets its customers change to."""

with_and_without_scripts = pytest.mark.parametrize("has_scripts", [True, False])


@pytest.fixture
def host(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningHost]:
    """Start a host that says what its customers may change to, and that they may pause."""
    monkeypatch.setenv("ACCRUE_PORTAL_OFFERS", OFFERS)
    monkeypatch.setenv("ACCRUE_PORTAL_PAUSE", "void")
    running = start_host(copy_of(seeded, tmp_path / "demo"), organizations=ORGANIZATIONS)
    yield running
    running.end()


def to_the_amounts(visitor: Visitor) -> None:
    """Choose a team of three in the portal, and look at the amounts."""
    visitor.goes_to(PORTAL)
    visitor.link("Change plan").click()
    option(visitor, "^Team").check()
    visitor.page.get_by_role("textbox", name="Seats").fill("3")
    visitor.button("Show what it costs").click()
    visitor.sees("Change to Team, 3 seats?")


def option(visitor: Visitor, words: str) -> Locator:
    """Return the choice whose words begin so."""
    return visitor.page.get_by_role("radio", name=re.compile(words))


def uses_card(visitor: Visitor, ending: str) -> None:
    """Let a card that is on file be charged from now on, on the processor's pages."""
    visitor.goes_to(PORTAL)
    visitor.button("Change how you pay").click()
    visitor.link("Your billing").click()
    card = visitor.main.get_by_role("listitem").filter(has_text=ending)
    card.get_by_role("button").click()


def of_birch_bindery(visitor: Visitor) -> str:
    """Open the back office's page of the subscription of Ines' business; return its address."""
    visitor.goes_to("/billing/admin/customers")
    visitor.link("Birch Bindery").click()
    held = visitor.main.get_by_role("region", name="Subscriptions")
    held.get_by_role("link").first.click()
    visitor.sees("Pro")
    return visitor.page.url


@with_and_without_scripts
def test_a_plan_is_changed_in_the_portal(
    host: RunningHost, visit: Visit, *, has_scripts: bool
) -> None:
    ines = visit(host, java_script_enabled=has_scripts)
    ines.signs_in_as("Ines Moreau")
    to_the_amounts(ines)
    ines.reads("is charged to your Mastercard ending in 4444 now")
    ines.reads("Review opens.")

    ines.button(CHANGE_NOW).click()
    ines.sees("You are on Team")
    ines.reads("It is changed")
    ines.goes_to("/reports")
    ines.sees("Notes a week")


def test_every_page_on_the_way_is_in_order(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    ines.goes_to(PORTAL)
    ines.link("Change plan").click()
    ines.looks_around("choosing a plan")
    option(ines, "^Pro by the year").check()
    ines.button("Show what it costs").click()
    ines.reads("A new period begins now")
    ines.looks_around("the amounts of a change")

    uses_card(ines, "0002")
    to_the_amounts(ines)
    ines.button(CHANGE_NOW).click()
    expect(ines.page.get_by_role("alert")).to_contain_text("Nothing has changed")
    ines.looks_around("a change, declined")
    ines.main.get_by_role("button", name="Change how you pay").click()
    ines.sees("Add a test card")


def test_forms_that_are_sent_twice_change_once(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    ines.sends_every_form_twice()
    to_the_amounts(ines)
    ines.button(CHANGE_NOW).click()
    ines.sees("You are on Team")

    ines.page.go_back()
    ines.page.reload()
    expect(ines.button(CHANGE_NOW)).to_have_count(0)
    ines.goes_to("/")
    expect(ines.main.get_by_text("Changed the plan")).to_have_count(1)


def test_the_bank_is_asked_about_a_change(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    ines.goes_to(PORTAL)
    ines.button("Change how you pay").click()
    ines.chooses_card("Your bank asks")
    ines.button("Save this card").click()
    ines.button("Complete").click()
    ines.reads("The card is saved")

    to_the_amounts(ines)
    ines.button(CHANGE_NOW).click()
    ines.sees("Your bank asks: is this you?")
    bank = ines.page.url
    ines.goes_to(PORTAL)
    ines.sees("The change of Pro waits for your bank")
    ines.looks_around("a change that waits")

    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    of_birch_bindery(noor)
    noor.reads("A change waits to be paid for")
    expect(noor.link("Change plan")).to_have_count(0)
    noor.looks_around("a change that waits, for an operator")

    ines.page.goto(bank)
    ines.button("Complete").click()
    ines.finds_in_a_moment(PORTAL, "You are on Team")


def test_amounts_that_have_moved_are_shown_again(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    to_the_amounts(ines)
    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    noor.page.goto(of_birch_bindery(noor))
    noor.link("Change quantity").click()
    noor.page.get_by_label("Quantity").fill("2")
    option(noor, "^Do not settle it").check()
    noor.button("Show the amounts").click()
    noor.button("Change it").click()
    noor.reads("It is changed.")

    ines.button(CHANGE_NOW).click()
    ines.reads("What is due was")
    ines.looks_around("amounts that have moved")
    ines.button(re.compile("^Change to Team")).click()
    ines.sees("You are on Team")


def test_a_customer_pauses_and_goes_on(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    ines.goes_to(PORTAL)
    ines.link("Pause").click()
    ines.looks_around("asked before pausing, in the portal")
    ines.button("Pause Pro").click()
    ines.sees("Pro is paused")
    ines.looks_around("paused in the portal")
    ines.goes_to("/reports")
    expect(ines.heading("Notes a week")).to_have_count(0)
    ines.goes_to(PORTAL)
    ines.button("Go on with Pro").click()
    ines.sees("You are on Pro")


def test_an_operator_changes_a_plan_for_a_customer(host: RunningHost, visit: Visit) -> None:
    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    of_birch_bindery(noor)
    noor.looks_around("a subscription, for an operator")
    noor.link("Change plan").click()
    noor.looks_around("an operator chooses a plan")
    noor.page.get_by_role("radio", name="price_team_seat", exact=True).check()
    noor.page.get_by_label("Quantity").fill("3")
    option(noor, "^Settle it now").check()
    noor.button("Show the amounts").click()
    noor.sees("Change Pro to Team × 3?")
    noor.looks_around("an operator sees the amounts")
    noor.button(re.compile("^Change it and charge")).click()
    noor.reads("It is changed.")
    happened = noor.page.get_by_role("region", name="What happened")
    expect(happened.get_by_role("listitem").first).to_contain_text("noor")

    noor.link("Add an item").click()
    noor.page.get_by_role("radio", name="price_pro_monthly", exact=True).check()
    option(noor, "^Settle it with the next invoice").check()
    noor.button("Show the amounts").click()
    noor.sees("Add Pro?")
    noor.looks_around("an operator adds an item")
    noor.button("Change it").click()
    noor.link("Remove Pro").click()
    option(noor, "^Do not settle it").check()
    noor.looks_around("an operator removes an item")
    noor.button("Show the amounts").click()
    noor.button("Change it").click()
    expect(noor.link("Remove")).to_have_count(0)


def test_an_operator_pauses_and_resumes(host: RunningHost, visit: Visit) -> None:
    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    address = of_birch_bindery(noor)
    noor.link("Pause").click()
    noor.looks_around("asked before pausing")
    option(noor, "^Void them").check()
    noor.page.get_by_label(re.compile("^Until")).fill("2027-01-15")
    noor.button("Pause it").click()
    noor.reads("Collection is paused until 15 January 2027")
    noor.link("Resume").click()
    noor.looks_around("asked before resuming")
    noor.button("Resume it").click()
    noor.reads("It is paid for, and renews on 30 November 2026.")

    noor.page.goto(f"{address}/pause")
    option(noor, "^There are none").check()
    noor.button("Pause it").click()
    noor.reads("All of it is paused: nothing is invoiced, and it grants nothing.")
    noor.page.goto(f"{address}/resume")
    noor.looks_around("asked before resuming all of it")
    noor.button("Resume it").click()
    noor.reads("What falls due from now on is collected.")

    noor.page.goto(address)
    noor.link("Cancel").click()
    noor.link("On a day").click()
    noor.page.get_by_label("The day on which it ends").fill("2027-01-15")
    noor.button("Show what it would do").click()
    noor.looks_around("canceling on a day")
    noor.button("Cancel it as of 15 January 2027").click()
    noor.reads("It is set to end on 15 January 2027.")


def test_an_operator_moves_the_end_of_a_trial(host: RunningHost, visit: Visit) -> None:
    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    noor.goes_to("/billing/admin/customers")
    noor.link("Kite & Compass").click()
    noor.main.get_by_role("region", name="Subscriptions").get_by_role("link").first.click()
    noor.page.get_by_role("link", name="Trial", exact=True).click()
    noor.looks_around("the end of a trial")
    noor.page.get_by_label("The day on which it ends").fill("2026-12-05")
    noor.button("Let it end on that day").click()
    noor.reads("It is on trial until 5 December 2026")
    noor.page.get_by_role("link", name="Trial", exact=True).click()
    noor.button("End the trial now").click()
    noor.finds_in_a_moment(noor.page.url.removeprefix(noor.origin), "It is paid for")
