"""A customer looks after their own billing, in the portal and on the processor's pages."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.host import RunningHost


def test_cancelling_says_what_it_means_and_can_be_undone(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    ines.link("Settings").click()
    ines.link("Invoices, cards and plan").click()
    ines.sees("You are on Pro")

    ines.link("Cancel Pro").click()
    ines.reads("Pro stays open until 30 November 2026.")
    ines.reads("Then Export and Reports close.")
    ines.reads("Nothing more is charged.")
    ines.button("Cancel Pro").click()
    ines.sees("Pro ends on 30 November 2026")
    ines.looks_around("canceled in the portal")
    ines.goes_to("/reports")
    ines.sees("Notes a week")

    ines.goes_to("/billing/portal")
    ines.button("Keep Pro").click()
    ines.sees("You are on Pro")
    ines.reads("It renews on 30 November 2026")
    ines.looks_around("kept in the portal")


def test_forms_that_are_sent_twice_cancel_and_keep_once(host: RunningHost, visit: Visit) -> None:
    tomasz = visit(host)
    tomasz.signs_in_as("Tomasz Nowak")
    tomasz.sends_every_form_twice()
    tomasz.goes_to("/billing/portal")
    tomasz.link("Cancel Pro").click()
    tomasz.button("Cancel Pro").click()
    tomasz.sees("Pro ends on 26 November 2026")

    tomasz.page.go_back()
    tomasz.sees("Pro ends on 26 November 2026")
    expect(tomasz.button("Cancel Pro")).to_have_count(0)
    tomasz.button("Keep Pro").click()
    tomasz.reads("Pro is free until 26 November 2026")
    tomasz.goes_to("/")
    expect(tomasz.main.get_by_text("Set to end with the paid period")).to_have_count(1)
    expect(tomasz.main.get_by_text("Kept after all")).to_have_count(1)


def test_another_card_is_added_on_the_processor_s_pages(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    ines.goes_to("/billing/portal")
    ines.button("Change how you pay").click()
    ines.sees("Add a test card")
    ines.looks_around("hosted portal, cards")

    ines.chooses_card("Is declined")
    ines.button("Save this card").click()
    ines.looks_around("hosted portal, declined")
    ines.chooses_card("Your bank asks")
    ines.button("Save this card").click()
    ines.looks_around("hosted portal, the bank")
    ines.button("Complete").click()
    ines.reads("The card is saved")
    ines.looks_around("hosted portal")

    ines.link("F00002-0011").click()
    ines.looks_around("hosted portal, an invoice")
    ines.page.go_back()
    ines.link("Cancel").click()
    ines.looks_around("hosted portal, cancelling")
    ines.main.get_by_role("button").click()
    ines.looks_around("hosted portal, canceled")
    ines.button("Keep").click()

    ines.link("Back to").click()
    ines.finds_in_a_moment("/billing/portal", "Visa ending in 3220")


def test_a_payment_that_failed_is_made_up_for(host: RunningHost, visit: Visit) -> None:
    amara = visit(host)
    amara.signs_in_as("Amara Okafor")
    amara.link("Reports").click()
    amara.sees("Reports are closed for now")

    amara.button("Use another card").click()
    amara.chooses_card("Visa ending in 4242")
    amara.button("Save this card").click()
    amara.reads("F00011-0007 is not paid")
    amara.looks_around("hosted portal, owing")
    amara.link("Pay now").click()
    amara.looks_around("hosted portal, an invoice to be paid")
    amara.button("Pay").click()
    amara.reads("The invoice is paid")

    amara.finds_in_a_moment("/reports", "Notes a week")
