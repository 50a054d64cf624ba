"""Every page, walked: nothing is missing, nothing is broken, and what is said is escaped."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tests.admin.desk import HOME, Desk, Team
from tests.admin.reading import Reading, read

NASTY = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


async def walk(desk: Desk, start: str = HOME, *, most: int = 400) -> dict[str, Reading]:
    """Follow every link of every page, and read each page once."""
    seen: dict[str, Reading] = {}
    waiting = [start]
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if path in seen:
            continue
        answer = await desk.answer(path)
        for _ in range(2):
            if answer.status_code == 303:
                answer = await desk.answer(answer.headers["location"])
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        seen[path] = read(answer.text)
        waiting += [link for link in seen[path].links if link.startswith("/")]
    return seen


async def test_every_link_of_every_page_leads_to_a_sound_page(busy: Desk) -> None:
    seen = await walk(busy)

    kinds = {re.sub(r"/a[a-z]+_[0-9a-z]{26}", "/:id", urlsplit(path).path) for path in seen}
    assert kinds == {
        "/admin/", "/admin/customers", "/admin/customers/:id", "/admin/subscriptions",
        "/admin/subscriptions/:id", "/admin/subscriptions/:id/cancel",
        "/admin/subscriptions/:id/change", "/admin/subscriptions/:id/keep",
        "/admin/subscriptions/:id/pause", "/admin/subscriptions/:id/resume",
        "/admin/subscriptions/:id/trial", "/admin/invoices", "/admin/invoices/:id",
        "/admin/webhooks", "/admin/webhooks/:id", "/admin/webhooks/replay", "/admin/ledger",
        "/admin/ledger/:id", "/admin/ledger/verify", "/admin/operations", "/admin/search",
    }  # fmt: skip
    assert {path: page.faults for path, page in seen.items() if page.faults} == {}


async def test_an_empty_desk_has_sound_pages_too(desk: Desk) -> None:
    seen = await walk(desk)

    assert {path: page.faults for path, page in seen.items() if page.faults} == {}
    assert "All clear" in seen[HOME].text
    for section in ("customers", "subscriptions", "invoices", "ledger", "operations", "webhooks"):
        assert seen[f"/admin/{section}"].headings["h1"] == 1


async def test_no_value_of_python_is_left_standing_on_a_page(busy: Desk) -> None:
    leaked = re.compile(
        r"<built-in|object at 0x|Undefined|Status\.[A-Z]|\bNone\b(?! (is|received|of))"
    )
    found = {path: leaked.findall(page.text) for path, page in (await walk(busy)).items()}

    assert {path: words for path, words in found.items() if words} == {}


async def test_what_owners_call_themselves_is_escaped_everywhere(desk: Desk) -> None:
    nasty = Team(f"n{NASTY[:20]}", f"Name {NASTY}", f"mail{NASTY}@example.test")
    await desk.subscribed(nasty, metadata={"note": NASTY, "x": "'\"<b>"})
    await desk.advance(days=1)

    seen = await walk(desk)
    assert any("Name " in page.text for page in seen.values())
    for path in seen:
        answer = await desk.answer(path)
        assert "<script>alert" not in answer.text, path
        assert "<img src=x" not in answer.text, path


NOWHERE = [
    "/admin/customers/acus_nothing",
    "/admin/customers/asub_00000000000000000000000000",
    "/admin/customers/acus_00000000000000000000000000",
    "/admin/subscriptions/sub_1",
    "/admin/subscriptions/asub_00000000000000000000000000/cancel",
    "/admin/invoices/ainv_00000000000000000000000000",
    "/admin/webhooks/awhd_00000000000000000000000000",
    "/admin/ledger/aled_00000000000000000000000000",
    "/admin/ledger/verify/more",
    "/admin/nothing",
]


async def test_what_is_not_there_is_a_page_that_says_so(desk: Desk) -> None:
    for path in NOWHERE:
        answer = await desk.answer(path)
        assert answer.status_code == 404, path
        assert "There is no such page" in answer.text
        assert read(answer.text).faults == []
