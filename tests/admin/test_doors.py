"""Who is let in: operators, and nobody else, on no page and in no form."""

from __future__ import annotations

import re

import pytest

from tests.admin.desk import HOME, OPERATOR, Desk, opened, visitor
from tests.admin.test_pages import walk

STRANGERS = ["", "ann", "broken", "operator", f"{OPERATOR}x"]
NOBODY = "00000000000000000000000000"
FORMS = [
    "/admin/theme", "/admin/search", "/admin/webhooks/replay", "/admin/ledger/verify",
    "/admin/operations/recover", f"/admin/webhooks/awhd_{NOBODY}/replay",
    f"/admin/subscriptions/asub_{NOBODY}/cancel", f"/admin/subscriptions/asub_{NOBODY}/keep",
    f"/admin/subscriptions/asub_{NOBODY}/change", f"/admin/subscriptions/asub_{NOBODY}/pause",
    f"/admin/subscriptions/asub_{NOBODY}/resume", f"/admin/subscriptions/asub_{NOBODY}/trial",
    f"/admin/subscriptions/asub_{NOBODY}/trial/end",
]  # fmt: skip


async def test_no_page_is_open_to_anybody_but_operators(busy: Desk) -> None:
    paths = list(await walk(busy))

    for user in STRANGERS:
        async with visitor(busy, user) as stranger:
            answers = [await busy.answer(path, by=stranger) for path in paths]
        assert {answer.status_code for answer in answers} == {403}, user
        assert all("Birch" not in answer.text for answer in answers)
        assert all("/admin/customers" not in answer.text for answer in answers)


async def test_no_form_is_taken_from_anybody_but_operators(desk: Desk) -> None:
    async with visitor(desk, "ann") as member:
        page = await desk.see(HOME)
        token = page.forms[0].fields["form_token"]
        member.cookies = desk.operator.cookies
        answers = [await member.post(path, data={"form_token": token}) for path in FORMS]

    assert {answer.status_code for answer in answers} == {403}


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "http://evil.test"}]
)
async def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(
    desk: Desk, headers: dict[str, str]
) -> None:
    page = await desk.see(HOME)
    token = page.forms[0].fields["form_token"] if headers else "x" * 43

    for path in FORMS:
        answer = await desk.operator.post(path, data={"form_token": token}, headers=headers)
        assert answer.status_code == 403, path


async def test_without_an_adapter_that_names_operators_everything_is_closed(
    prepared_database_url: str,
) -> None:
    async with opened(prepared_database_url, auth="closed") as desk:
        answers = [
            await desk.answer(path)
            for path in (HOME, "/admin/customers", "/admin/ledger", "/admin/ledger/verify")
        ]

        assert {answer.status_code for answer in answers} == {403}
        statics = re.findall(r'href="(/[^"]+\.css)"', answers[0].text)
        assert statics
        for source in statics:
            assert (await desk.answer(source)).status_code == 200


async def test_a_strangers_404_shows_nothing_of_the_desk(desk: Desk) -> None:
    async with visitor(desk) as stranger:
        answer = await desk.answer("/admin/nothing", by=stranger)

    assert answer.status_code == 404
    assert "Subscriptions" not in answer.text


async def test_who_is_signed_in_is_named(desk: Desk) -> None:
    assert f"Operator {OPERATOR}" in (await desk.see(HOME)).text
