"""Lists: paged without gaps, filtered by their address, and never broken by a broken address."""

from __future__ import annotations

import re
from urllib.parse import quote

from tests.admin.desk import HOME, Desk, Team
from tests.stage import TEAM

FOREIGN = ["nonsense", "asub_", "aop_00000000000000000000000000", "../../etc", "é\x00", "x" * 5_000]
PAGED = [
    "/admin/customers", "/admin/subscriptions", "/admin/invoices", "/admin/ledger",
    "/admin/webhooks",
]  # fmt: skip


async def read_through(desk: Desk, path: str, pattern: str) -> list[str]:
    """Return the ids on all pages of a list, following what leads to older ones."""
    found: list[str] = []
    older = path
    while older:
        page = await desk.answer(older)
        assert page.status_code == 200
        rows = re.search(r'id="rows">(.*?)</t(?:able|body)>', page.text, re.DOTALL)
        assert rows
        found += list(dict.fromkeys(re.findall(pattern, rows.group(1))))
        link = re.search(r'id="older" href="([^"]+)"', page.text)
        older = link.group(1).replace("&amp;", "&") if link else ""
    return found


ROWS = {
    "/admin/customers": r'<td><a href="/admin/customers/(\w+)"',
    "/admin/subscriptions": r'<td><a href="/admin/subscriptions/(\w+)"',
    "/admin/subscriptions?status=active": r'<td><a href="/admin/subscriptions/(\w+)"',
    "/admin/invoices?status=paid": r'<td><a href="/admin/invoices/(\w+)"',
    "/admin/webhooks?status=done": r'href="/admin/webhooks/(awhd\w+)"',
    "/admin/ledger?type=subscription.started": r'href="/admin/ledger/(\w+)"',
}


async def test_every_row_is_on_one_page_and_on_one_only(desk: Desk) -> None:
    await desk.crowd(28)

    for path, pattern in ROWS.items():
        found = await read_through(desk, path, pattern)
        assert len(found) == len(set(found)) >= 28, path
        assert found == sorted(found, reverse=True), path


async def test_what_arrives_meanwhile_moves_no_row_to_another_page(desk: Desk) -> None:
    await desk.crowd(27)
    first = await desk.answer("/admin/customers")
    older = re.search(r'id="older" href="([^"]+)"', first.text)
    assert older
    before = (await desk.see(older.group(1))).links

    await desk.subscribed(Team("latecomer"))

    assert (await desk.see(older.group(1))).links == before


async def test_a_filter_survives_turning_the_page(desk: Desk) -> None:
    await desk.crowd(27)

    page = await desk.answer("/admin/subscriptions?status=active")

    assert re.search(
        r'id="older" href="/admin/subscriptions\?status=active&amp;before=asub_', page.text
    )
    seen = await desk.see("/admin/subscriptions?status=active")
    assert "/admin/subscriptions?status=active" in seen.currents
    assert "/admin/subscriptions" in seen.currents, "the section, too"


async def test_a_timeline_is_paged_on_the_page_of_its_thing(desk: Desk) -> None:
    id_ = await desk.subscribed()
    for _ in range(14):
        await desk.billing.cancel(id_)
        await desk.billing.keep(id_)
    path = f"/admin/subscriptions/{id_}"

    first = await desk.answer(path)
    older = re.search(r'id="older" href="([^"]+)"', first.text)
    assert older
    rest = await desk.see(older.group(1))

    assert first.text.count("Kept: the pending end was taken back") < 14
    assert "Subscription started, active" in rest.text
    assert path in rest.links, "and back to the newest"


async def test_a_cursor_that_is_none_of_this_list_is_explained(desk: Desk) -> None:
    for path in PAGED:
        for cursor in FOREIGN:
            answer = await desk.answer(f"{path}?before={quote(cursor)}")
            assert answer.status_code == 422, (path, cursor)
            assert "begin again with the newest" in answer.text


async def test_a_timelines_cursor_of_another_thing_is_explained(desk: Desk) -> None:
    id_ = await desk.subscribed()
    for cursor in ("nonsense", "aled_00000000000000000000000000"):
        answer = await desk.answer(f"/admin/subscriptions/{id_}?before={cursor}")
        assert answer.status_code == 422


WRONG = [
    "/admin/subscriptions?status=sleeping",
    "/admin/invoices?status=sleeping",
    "/admin/webhooks?status=sleeping",
    "/admin/operations?status=settled",
    "/admin/ledger?type=nothing.happened",
    "/admin/webhooks?about=in_1",
    "/admin/webhooks?about=in_%00&processor=fake",
    "/admin/webhooks?about=in_1&processor=fake&status=dead",
]


async def test_a_filter_that_does_not_exist_is_explained(desk: Desk) -> None:
    for path in WRONG:
        answer = await desk.answer(path)
        assert answer.status_code == 422, path
        assert "That did not work" in answer.text


async def test_a_list_shows_only_what_its_chip_says(busy: Desk) -> None:
    owing = await busy.see("/admin/subscriptions?status=past_due")
    failed = await busy.see("/admin/invoices?status=failed")
    open_ = await busy.see("/admin/invoices?status=open")

    assert "Harbor Lights" in owing.text
    assert "Birch Bindery" not in owing.text
    assert "Harbor Lights" in failed.text
    assert "Acme Wholesale" not in failed.text
    assert "Acme Wholesale" in open_.text


async def test_webhooks_about_one_thing_are_listed_from_its_page(busy: Desk) -> None:
    (sub,) = await busy.billing.subscriptions(TEAM)
    page = await busy.see(f"/admin/subscriptions/{sub.id}")
    (all_about,) = (link for link in page.links if "about=" in link)

    listed = await busy.see(all_about)

    assert all_about == f"/admin/webhooks?processor=fake&about={sub.ref}"
    assert "customer.subscription.created" in listed.text
    assert "invoice.paid" not in listed.text


async def test_a_page_can_be_refreshed_in_part_without_a_fragment_of_its_own(busy: Desk) -> None:
    page = await busy.answer("/admin/webhooks")

    assert 'id="health"' in page.text
    assert 'data-hx-select="#health"' in page.text
    assert "hx-on" not in page.text
    assert "js:" not in page.text


async def test_links_stay_below_wherever_the_host_mounts_accrue(desk: Desk) -> None:
    await desk.crowd(27)
    inner = desk.app

    async def mounted(scope, receive, send):  # type: ignore[no-untyped-def]
        await inner({**scope, "root_path": "/billing"}, receive, send)

    desk.operator._transport.app = mounted  # type: ignore[attr-defined]
    for path in ("", "/customers", "/subscriptions", "/ledger", "/search"):
        page = await desk.see(f"/billing/admin{path}")
        own = [link for link in page.links if not link.startswith("#")]
        assert own
        assert all(link.startswith("/billing/admin/") for link in own), own
        actions = [form.action for form in page.forms if form.method != "dialog"]
        assert all(action.startswith("/billing/admin/") for action in actions)
    answer = await desk.send("/billing/admin/", "/billing/admin/theme", theme="dark")
    assert answer.headers["location"] == "/billing/admin/"
    assert "Path=/billing/admin;" in f"{answer.headers['set-cookie']};"
    assert HOME not in (await desk.answer("/billing/admin/")).text.replace("/billing/admin/", "")
