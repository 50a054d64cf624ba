"""A member buys: the gate, the plans, the processor's page, the bank, and the gate again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.host import RunningHost

with_and_without_scripts = pytest.mark.parametrize("has_scripts", [True, False])


@with_and_without_scripts
def test_a_declined_card_then_a_good_one_opens_the_gate(
    host: RunningHost, visit: Visit, *, has_scripts: bool
) -> None:
    sofia = visit(host, java_script_enabled=has_scripts)
    sofia.signs_in_as("Sofia Reyes")
    sofia.link("Reports").click()
    sofia.sees("See what your notes say")

    sofia.link("See the plans").click()
    sofia.button("Try Pro").click()
    sofia.sees("Subscribe to Fieldnotes Pro")
    sofia.chooses_card("Is declined")
    sofia.button("Start the trial").click()
    expect(sofia.page.get_by_role("alert")).to_contain_text("The card was declined")

    sofia.chooses_card("Visa ending in 4242")
    sofia.button("Start the trial").click()
    sofia.sees("Your trial has begun")
    sofia.link("Look at the reports").click()
    sofia.sees("Notes a week")


def test_every_page_on_the_way_is_in_order(host: RunningHost, visit: Visit) -> None:
    sofia = visit(host)
    sofia.signs_in_as("Sofia Reyes")
    sofia.goes_to("/plans")
    sofia.page.get_by_label("Seats").fill("3")
    sofia.button("Choose Team").click()
    sofia.looks_around("checkout")

    sofia.chooses_card("Is declined")
    sofia.button("Pay $36.00").click()
    sofia.looks_around("checkout, declined")
    sofia.chooses_card("Your bank asks")
    sofia.button("Pay $36.00").click()
    sofia.sees("Your bank asks: is this you?")
    sofia.looks_around("the bank at checkout")
    sofia.button("Complete").click()
    sofia.sees("Thank you")
    sofia.looks_around("checkout done")

    address = sofia.page.url
    sofia.page.go_back()
    sofia.page.reload()
    sofia.looks_around("checkout, over")
    sofia.page.goto(f"{address}x")
    sofia.sees("There is no such checkout")
    sofia.looks_around("checkout of somebody else")


def test_a_bank_that_asks_is_answered_no_and_then_yes(host: RunningHost, visit: Visit) -> None:
    sofia = visit(host)
    sofia.signs_in_as("Sofia Reyes")
    sofia.goes_to("/plans")
    sofia.page.get_by_label("Seats").fill("2")
    sofia.button("Choose Team").click()

    sofia.chooses_card("Your bank asks")
    sofia.button("Pay $24.00").click()
    sofia.button("Fail").click()
    expect(sofia.page.get_by_role("alert")).to_contain_text("Nothing was charged")
    sofia.goes_to("/reports")
    sofia.sees("See what your notes say")

    sofia.page.go_back()
    sofia.chooses_card("Your bank asks")
    sofia.button("Pay $24.00").click()
    sofia.button("Complete").click()
    sofia.reads("It renews on 21 December 2026 for $24.00")
    sofia.goes_to("/reports")
    sofia.sees("Notes a week")


def test_forms_that_are_sent_twice_buy_once(host: RunningHost, visit: Visit) -> None:
    sofia = visit(host)
    sofia.signs_in_as("Sofia Reyes")
    sofia.sends_every_form_twice()
    sofia.goes_to("/plans")
    sofia.button("By the year").click()
    sofia.chooses_card("Visa ending in 4242")
    sofia.button("Start the trial").click()
    sofia.sees("Your trial has begun")

    sofia.goes_to("/")
    expect(sofia.main.get_by_text("began with a trial")).to_have_count(1)
    sofia.goes_to("/billing/portal")
    expect(sofia.main.get_by_role("link", name="Cancel")).to_have_count(1)
