"""Without a mouse: everything that is needed can be reached, and one sees where one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.host import RunningHost
from tests.browser.visitor import Visitor

FOCUSED = "() => document.activeElement"


@pytest.mark.parametrize("path", ["/plans", "/billing/portal", "/reports"])
def test_the_first_key_skips_to_the_content(
    quiet_host: RunningHost, visit: Visit, *, path: str
) -> None:
    ines = visit(quiet_host)
    ines.signs_in_as("Ines Moreau")
    ines.goes_to(path)
    ines.page.keyboard.press("Tab")
    skip = ines.link("Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()

    ines.page.keyboard.press("Enter")
    expect(ines.main).to_be_focused()
    ines.page.keyboard.press("Tab")
    assert is_within_main(ines)


def test_a_slash_begins_a_search_and_enter_ends_it(quiet_host: RunningHost, visit: Visit) -> None:
    noor = visit(quiet_host)
    noor.signs_in_as("Noor Haddad")
    noor.page.keyboard.press("/")
    expect(noor.page.get_by_role("searchbox")).to_be_focused()
    noor.page.keyboard.type("organization:birch")
    noor.page.keyboard.press("Enter")
    noor.sees("Birch Bindery")


def test_the_keys_are_explained_and_go_where_they_say(
    quiet_host: RunningHost, visit: Visit
) -> None:
    noor = visit(quiet_host)
    noor.signs_in_as("Noor Haddad")
    noor.page.keyboard.press("?")
    dialog = noor.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    noor.looks_around("the keys")
    noor.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    noor.page.keyboard.press("g")
    noor.page.keyboard.press("l")
    noor.sees("Ledger")


def test_a_plan_is_bought_with_keys_alone(host: RunningHost, visit: Visit) -> None:
    sofia = visit(host)
    sofia.goes_to("/")
    presses(sofia, "button", "Sofia Reyes")
    presses(sofia, "link", "Plans")
    presses(sofia, "button", "Try Pro")
    sofia.sees("Subscribe to Fieldnotes Pro")
    tabs_to(sofia, "radio", "Visa ending in 4242")
    sofia.page.keyboard.press("ArrowDown")
    expect(sofia.page.get_by_role("radio", name="Mastercard")).to_be_checked()
    presses(sofia, "button", "Start the trial")
    sofia.sees("Your trial has begun")


def presses(visitor: Visitor, role: str, name: str) -> None:
    """Go there with the tab key, and press enter."""
    tabs_to(visitor, role, name)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_load_state()


def tabs_to(visitor: Visitor, role: str, name: str, *, most: int = 40) -> None:
    """Press the tab key until the focus is there; it has to be seen there."""
    wanted = visitor.page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    wanted.wait_for()
    for _ in range(most):
        visitor.page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            expect(wanted).to_be_in_viewport()
            return
    pytest.fail(f"the tab key does not lead to the {role} {name!r}")


def is_within_main(visitor: Visitor) -> bool:
    return bool(visitor.main.evaluate("(main) => main.contains(document.activeElement)"))
