"""What every page owes to whoever reads it: with a screen reader, by keyboard, on paper."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from accrue_core import Catalog
from accrue_core.billing.catalog import Price
from accrue_core.contracts.auth import Identity
from tests.portal.house import ANN, CATALOG, PORTAL, House, Team, open_house
from tests.portal.page import Page
from tests.portal.rows import JARGON

LIVES = {
    "nothing": (),
    "active": ({"payment_method": "pm_card_visa"},),
    "trial": ({"trial": timedelta(days=14)},),
    "declined": ({"payment_method": "pm_card_chargeDeclined"},),
    "by invoice": ({"collect": "invoice"},),
    "two": ({"payment_method": "pm_card_visa"}, {"payment_method": "pm_card_failsAtRenewal"}),
}


async def live(house: House, life: str) -> None:
    plans = ("pro", Price("price_unlisted"))
    for plan, options in zip(plans, LIVES[life], strict=False):
        await house.billing.subscribe(ANN, plan, **options)  # type: ignore[arg-type]


async def every_page(house: House) -> list[Page]:
    """Return each page that Ann can reach by links."""
    async with house.browser() as ann:
        found: dict[str, Page] = {}
        waiting = [f"{PORTAL}/"]
        while waiting:
            path = waiting.pop()
            if path not in found and path.startswith(PORTAL):
                found[path] = await ann.see(path)
                waiting += found[path].links.values()
        lost = await ann.see("/none", status=404)
    async with house.browser("") as stranger:
        return [*found.values(), lost, await stranger.see(status=403)]


def faults(page: Page) -> list[str]:
    """Say what is wrong with a page."""
    ids = Counter(one.attributes["id"] for one in page.elements if "id" in one.attributes)
    labels = [one.attributes.get("aria-labelledby", "") for one in page.elements]
    attributes = {name for one in page.elements for name in one.attributes}
    labelled = {one.attributes.get("for") for one in page.all("label")}
    checks = {
        "a language": page.elements[0].attributes.get("lang") == "en",
        "a title": bool(page.all("title")[0].text),
        "one headline": len(page.all("h1")) == 1,
        "one main part": len(page.all("main")) == 1,
        "no script": not page.all("script"),
        "no inline style": "style" not in attributes,
        "no inline handler": not any(name.startswith("on") for name in attributes),
        "unique ids": all(count == 1 for count in ids.values()),
        "labels that exist": set(filter(None, labels)) <= set(ids),
        "named navigations": all("aria-label" in one.attributes for one in page.all("nav")),
        "links with words": all(one.text for one in page.all("a")),
        "buttons with words": all(one.text for one in page.all("button")),
        "fields with labels": all(
            one.attributes.get("type") == "hidden"
            or "label" in one.within
            or one.attributes.get("id") in labelled
            for one in page.all("input")
        ),
        "tables with captions": len(page.all("table")) == len(page.all("caption")),
        "scoped headers": all(one.attributes.get("scope") for one in page.all("th")),
        "forms that post, or ask for amounts": all(
            form.method == "post" or form.action.endswith("/change/amounts") for form in page.forms
        ),
        "posts with tokens, and no others": all(
            ("form_token" in form.fields) == (form.method == "post") for form in page.forms
        ),
        "times that machines read": all("datetime" in one.attributes for one in page.all("time")),
        "plain words": JARGON.search(page.text) is None,
        "no refs": not any(
            f" {word}_" in page.text for word in ("sub", "in", "cus", "price", "pm")
        ),
    }
    return [name for name, is_kept in checks.items() if not is_kept]


def heading_levels(page: Page) -> list[int]:
    return [int(one.tag[1]) for one in page.elements if one.tag in ("h1", "h2", "h3")]


@pytest.mark.parametrize("life", LIVES)
async def test_every_page_is_well_made(house: House, life: str) -> None:
    await live(house, life)
    for days in (0, 32, 40):
        await house.advance(days=days)
        pages = await every_page(house)
        assert {page.h1: faults(page) for page in pages if faults(page)} == {}
        assert len(pages) >= 4
        for page in pages:
            assert heading_levels(page)[0] == 1


async def test_links_with_the_same_words_lead_to_the_same_place(house: House) -> None:
    await live(house, "two")

    for page in await every_page(house):
        by_words: dict[str, set[str]] = {}
        for link in page.all("a"):
            by_words.setdefault(link.text, set()).add(link.attributes["href"])
        ambiguous = {words for words, places in by_words.items() if len(places) > 1}
        # The portal's own first page and the crumb that leads there are one place.
        assert ambiguous == set(), page.h1


async def test_every_style_sheet_carries_the_nonce_of_its_visit(house: House) -> None:
    async with house.browser() as ann:
        first, second = await ann.see(), await ann.see()
        sheets = [one.attributes["href"] for one in first.all("link") if "nonce" in one.attributes]
        answers = [await ann.get(sheet) for sheet in sheets]

    nonces = {one.attributes["nonce"] for one in first.all("link") if "nonce" in one.attributes}
    assert len(nonces) == 1
    assert f"style-src 'nonce-{nonces.pop()}'" in first.answer.headers["content-security-policy"]
    assert first.all("link")[-1].attributes["nonce"] != second.all("link")[-1].attributes["nonce"]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)


async def test_a_host_gives_the_portal_its_name_and_colours(
    prepared_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCRUE_PORTAL_APP_NAME", "Fieldnotes <3")
    monkeypatch.setenv("ACCRUE_PORTAL_BACK_TO", "https://fieldnotes.test/app")
    monkeypatch.setenv("ACCRUE_PORTAL_THEME", "accent=#0a6b4f; radius=4px")
    async with open_house(prepared_database_url) as house, house.browser() as ann:
        page = await ann.see()

    (style,) = page.all("style")
    assert style.text == ":root { --accrue-accent: #0a6b4f; --accrue-radius: 4px; }"
    assert style.attributes["nonce"] in page.answer.headers["content-security-policy"]
    assert page.links["Back to Fieldnotes <3"] == "https://fieldnotes.test/app"
    assert page.all("title")[0].text == "You are on Free · Fieldnotes <3 billing"


async def test_a_host_without_a_default_plan_has_words_for_nothing(
    prepared_database_url: str,
) -> None:
    paid = Catalog(*(plan for plan in CATALOG.plans.values() if not plan.is_default))
    async with open_house(prepared_database_url, catalog=paid) as house, house.browser() as ann:
        before = await ann.see()
        subscription = (
            await house.billing.subscribe(ANN, "pro", payment_method="pm_card_visa")
        ).value
        await house.billing.cancel(subscription.id, when="now")
        after = await ann.see()

    assert before.h1 == "You have no subscription"
    assert after.h1 == "Pro has ended"
    assert "Open to you now" not in after.text


async def test_an_owner_may_have_any_key(house: House) -> None:
    team = Team("ünï cødé/../%2e?#&\"'<>")
    house.doorman.people["odd"] = Identity(user_id="odd", owners=(team.owner,))
    await house.billing.subscribe(team, "pro", payment_method="pm_card_visa")

    async with house.browser("odd") as odd:
        page = await odd.see()

    assert page.h1 == "You are on Pro"
