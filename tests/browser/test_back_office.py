"""An operator finds a customer, sees what just happened, and looks behind it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.audit import LOOKS
from tests.browser.conftest import Visit
from tests.browser.host import RunningHost


def test_what_a_customer_did_is_found_in_the_admin(host: RunningHost, visit: Visit) -> None:
    ines = visit(host)
    ines.signs_in_as("Ines Moreau")
    ines.goes_to("/settings")
    ines.button("Cancel at the end of the period").click()
    ines.reads("Ends on 30 November 2026")

    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    search = noor.page.get_by_role("searchbox")
    search.fill("accounts@birch.example")
    search.press("Enter")
    noor.sees("Birch Bindery")
    newest = noor.page.get_by_role("region", name="What happened").get_by_role("listitem").first
    expect(newest).to_contain_text("Set to end with the period")
    expect(newest).to_contain_text("ines")
    noor.looks_around("a customer whose plan ends")

    noor.link("Webhooks").first.click()
    noor.main.get_by_role("row").filter(has_text="customer.subscription.updated").first.get_by_role(
        "link"
    ).first.click()
    noor.sees("What was sent")
    noor.reads("fetched and absorbed")


def test_an_operator_verifies_the_ledger(host: RunningHost, visit: Visit) -> None:
    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    noor.link("Ledger").first.click()
    noor.link("Verify").click()
    noor.button("Verify now").click()
    noor.reads("Every entry is as it was written")
    noor.looks_around("verified")


def test_an_operator_cancels_and_keeps_for_a_customer(host: RunningHost, visit: Visit) -> None:
    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    noor.link("Customers").first.click()
    noor.link("Birch Bindery").click()
    noor.main.get_by_role("region", name="Subscriptions").get_by_role("link", name="Pro").click()
    noor.link(re.compile("Cancel")).first.click()
    noor.looks_around("asked before cancelling")
    noor.main.get_by_role("button", name=re.compile("Cancel")).first.click()
    noor.reads("30 Nov 2026")
    noor.looks_around("canceled by the operator")
    noor.main.get_by_role("link", name=re.compile("Keep")).or_(
        noor.main.get_by_role("button", name=re.compile("Keep"))
    ).first.click()


def test_the_appearance_stays_as_it_was_chosen(host: RunningHost, visit: Visit) -> None:
    noor = visit(host)
    noor.signs_in_as("Noor Haddad")
    noor.button("Dark").click()
    noor.link("Customers").first.click()

    assert noor.page.locator("html").get_attribute("data-theme") == "dark"
    noor.looks_around("dark by choice")


def test_the_menu_on_a_phone(host: RunningHost, visit: Visit) -> None:
    noor = visit(host, look=LOOKS[2])
    noor.signs_in_as("Noor Haddad")
    noor.page.get_by_text("Menu", exact=True).click()
    noor.link("Ledger").first.click()
    noor.sees("Ledger")
