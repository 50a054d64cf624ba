"""The clock panel: a month passes for everybody, and every page shows it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.host import RunningHost


def test_a_month_turns_a_trial_into_a_paid_plan(host: RunningHost, visit: Visit) -> None:
    tomasz = visit(host)
    tomasz.signs_in_as("Tomasz Nowak")
    tomasz.sees("Free until 26 November 2026")

    tomasz.button("Let one month pass").click()
    expect(tomasz.page.get_by_text("21 Dec 2026")).to_be_visible()
    tomasz.sees("Pro is paid")
    tomasz.reads("It renews on 26 December 2026")
    expect(tomasz.main.get_by_role("row").filter(has_text="26 November 2026")).to_contain_text(
        "$19.00"
    )
    tomasz.looks_around("after a month")

    tomasz.goes_to("/billing/portal")
    tomasz.sees("You are on Pro")
    tomasz.reads("26 December 2026")


def test_an_ending_plan_ends_and_the_gate_closes(host: RunningHost, visit: Visit) -> None:
    lucas = visit(host)
    lucas.signs_in_as("Lucas Brandt")
    lucas.link("Reports").click()
    lucas.sees("Notes a week")

    lucas.button("Let one month pass").click()
    lucas.sees("See what your notes say")
    lucas.looks_around("the gate after the end")


def test_time_that_is_asked_for_twice_passes_once(host: RunningHost, visit: Visit) -> None:
    tomasz = visit(host)
    tomasz.signs_in_as("Tomasz Nowak")
    tomasz.sends_every_form_twice()
    tomasz.button("Let one day pass").click()
    expect(tomasz.page.get_by_text("22 Nov 2026")).to_be_visible()
