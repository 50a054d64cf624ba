"""Who gets in, as whom, and what stays closed to everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event

from accrue_core.contracts.auth import Identity
from accrue_core.ids import PREFIXES, TimeOrderedIds, to_text, to_uuid
from tests.portal.house import ANN, BOB, PORTAL, House
from tests.portal.page import Page
from tests.services.lanes import on_sqlite

pytestmark = on_sqlite
"""What a page says and does with an answer is the same on both; the reads behind it run on both."""

PATHS = ("/", "/invoices", "/subscriptions/{}", "/subscriptions/{}/cancel", "/invoices/{}")


@pytest.fixture
async def anns(house: House) -> str:
    """Give Ann a subscription and return its id."""
    return (await house.billing.subscribe(ANN, "pro", payment_method="pm_card_visa")).value.id


def nobody(kind: str) -> str:
    """Return an id that nothing has."""
    return to_text(PREFIXES[kind], TimeOrderedIds().new())


def beside(invoice_id: str) -> str:
    """Return an id that no invoice has, next to one that has: the time in it tells nothing."""
    return to_text("ainv", UUID(int=to_uuid("ainv", invoice_id).int ^ 1))


def without_noise(page: Page) -> str:
    """Return a page without what differs on every visit: the nonce of its policy."""
    policy = page.answer.headers["content-security-policy"]
    return page.answer.text.replace(policy.split("'nonce-")[1].split("'")[0], "")


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """Collect the statements that are sent to the database."""
    statements: list[str] = []
    engines = house.accrue.runtime.engines()
    watched = {one.sync_engine for one in (engines.reading, engines.writing)}

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    for engine in watched:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in watched:
            event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", PATHS)
async def test_a_stranger_is_asked_to_sign_in_in_the_app(
    house: House, anns: str, path: str
) -> None:
    async with house.browser("") as stranger:
        page = await stranger.see(path.format(anns), status=403)

    assert page.h1 == "Sign in to see your billing"
    assert page.links == {"Skip to the content": "#main", "Back to the app": "/"}
    assert anns not in page.answer.text


@pytest.mark.parametrize(
    "known",
    [RuntimeError("the session store is down"), Identity(user_id="x"), Identity(user_id="")],
    ids=["a broken adapter", "no owners", "no name"],
)
async def test_whoever_may_act_for_nobody_stays_outside(
    house: House, known: Identity | Exception
) -> None:
    house.doorman.people["odd"] = known

    async with house.browser("odd") as odd:
        page = await odd.see(status=403)

    assert page.h1 == "Sign in to see your billing"
    assert "session store" not in page.answer.text


@pytest.mark.parametrize("path", ["/subscriptions/{}", "/subscriptions/{}/cancel"])
async def test_anothers_subscription_is_as_unknown_as_nobodys(
    house: House, anns: str, path: str
) -> None:
    async with house.browser("bob") as bob:
        await bob.see()
        with counted(house) as foreign:
            one = await bob.see(path.format(anns), status=404)
        with counted(house) as unknown:
            other = await bob.see(path.format(nobody("subscription")), status=404)
        malformed = await bob.see(path.format("sub_1"), status=404)

    assert without_noise(one) == without_noise(other) == without_noise(malformed)
    assert foreign == unknown
    assert foreign != []


async def test_anothers_invoice_is_as_unknown_as_nobodys(house: House, anns: str) -> None:
    (invoice,) = (await house.billing.invoices(ANN)).items
    await house.billing.subscribe(BOB, "extra", payment_method="pm_card_visa")

    async with house.browser("bob") as bob:
        await bob.see()
        with counted(house) as foreign:
            one = await bob.see(f"/invoices/{invoice.id}", status=404)
        with counted(house) as unknown:
            other = await bob.see(f"/invoices/{beside(invoice.id)}", status=404)
        last = await bob.see(f"/invoices/ainv_7{'z' * 25}", status=404)

    assert without_noise(one) == without_noise(other) == without_noise(last)
    assert foreign == unknown


@pytest.mark.parametrize("deed", ["cancel", "keep"])
async def test_anothers_subscription_cannot_be_touched(house: House, anns: str, deed: str) -> None:
    if deed == "keep":
        await house.billing.cancel(anns)
    before = await house.billing.subscription(anns)
    bobs = (await house.billing.subscribe(BOB, "pro", payment_method="pm_card_visa")).value.id

    async with house.browser("bob") as bob:
        form = (await bob.see(f"/subscriptions/{bobs}/cancel")).form("Cancel Pro")
        answers = []
        for target in (anns, nobody("subscription")):
            with counted(house) as statements:
                path = f"{PORTAL}/subscriptions/{target}/{deed}"
                answers.append((await bob.post(path, data=form.fields), statements))

    (foreign, asked), (unknown, as_asked) = answers
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert without_noise(Page(foreign)) == without_noise(Page(unknown))
    assert asked == as_asked
    assert await house.billing.subscription(anns) == before


@pytest.mark.parametrize(
    ("headers", "spoiled"),
    [
        ({}, {"form_token": "x" * 43}),
        ({}, {"form_token": ""}),
        ({"sec-fetch-site": "cross-site"}, {}),
        ({"origin": "https://evil.test"}, {}),
    ],
)
async def test_a_form_from_elsewhere_does_nothing(
    house: House, anns: str, headers: dict[str, str], spoiled: dict[str, str]
) -> None:
    async with house.browser() as ann:
        form = (await ann.see(f"/subscriptions/{anns}/cancel")).form("Cancel Pro")
        sent = {**form.fields, **spoiled}
        answers = [
            await ann.post(path, data=sent, headers=headers)
            for path in (
                form.action,
                f"{PORTAL}/subscriptions/{anns}/keep",
                f"{PORTAL}/payment-page",
            )
        ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Page(answers[0]).h1 == "This form was not sent"
    assert not (await house.billing.subscription(anns)).is_ending


async def test_nothing_changes_by_looking(house: House, anns: str) -> None:
    async with house.browser() as ann:
        paths = [path.format(anns) for path in PATHS[:4]]
        for method in ("GET", "HEAD", "OPTIONS"):
            for path in (*paths, f"/subscriptions/{anns}/keep", "/payment-page"):
                await ann.request(method, f"{PORTAL}{path}")

    assert not (await house.billing.subscription(anns)).is_ending
    assert set(house.engine.books.portals) == set()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"when": "at"}, 400),
        ({"when": "now"}, 409),
        ({"operation_id": ""}, 422),
        ({"operation_id": "aop_1"}, 422),
        ({"operation_id": "customer/team:ann/fake/0"}, 422),
        ({"operation_id": None}, 400),
    ],
)
async def test_a_form_that_no_page_has_made_does_nothing(
    house: House, anns: str, fields: dict[str, str | None], status: int
) -> None:
    async with house.browser() as ann:
        form = (await ann.see(f"/subscriptions/{anns}/cancel")).form("Cancel Pro")
        sent = {
            name: value for name, value in {**form.fields, **fields}.items() if value is not None
        }
        answer = await ann.post(form.action, data=sent)

    assert answer.status_code == status
    assert not (await house.billing.subscription(anns)).is_ended
    assert not (await house.billing.subscription(anns)).is_ending


async def test_an_operation_of_somebody_else_cannot_be_joined(house: House, anns: str) -> None:
    bobs = (await house.billing.subscribe(BOB, "pro", payment_method="pm_card_visa")).value.id
    async with house.browser("ann") as ann, house.browser("bob") as bob:
        question = await ann.see(f"/subscriptions/{anns}/cancel")
        await ann.press(question, "Cancel Pro")
        used = question.form("Cancel Pro").fields["operation_id"]

        page = await bob.see(f"/subscriptions/{bobs}/cancel")
        after = await bob.follow(page, "Cancel Pro", operation_id=used)

    assert after.h1 == "Pro ends on 1 February 2026"
    assert (await house.billing.subscription(bobs)).is_ending


async def test_what_people_wrote_is_shown_and_never_run(house: House) -> None:
    mean = "<script>alert('x')</script>\"&{{ 7 * 7 }}"
    payer = type(ANN)("mean", mean, "a@b.test")
    await house.billing.subscribe(payer, "pro", payment_method="pm_card_visa")

    async with house.browser("mean") as client:
        page = await client.see()
        bill = await client.see(page.links["F00001-0001"])
        odd = await client.see("/?done=<script>&before=<script>")
        lost = await client.get(f"{PORTAL}/invoices", params={"before": "<script>"})

    assert mean in bill.text
    assert "<script>" not in bill.answer.text
    assert "<script>" not in odd.answer.text + lost.text
    assert lost.status_code == 404


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_is_hardened(house: House, anns: str, path: str) -> None:
    async with house.browser() as ann:
        answer: httpx.Response = await ann.get(f"{PORTAL}{path.format(anns)}")

    policy = answer.headers["content-security-policy"]
    assert "form-action 'self' https:;" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_a_message_is_said_only_where_it_is_so(house: House, anns: str) -> None:
    async with house.browser() as ann:
        said = [
            (await ann.see(f"/subscriptions/{anns}?done={done}")).text
            for done in ("canceled", "ended", "other")
        ]

    assert not any("It is canceled" in text or "It has ended" in text for text in said)


async def test_what_is_wrong_with_the_host_is_not_put_on_the_customer(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.doorman.people["odd"] = Identity(user_id="ann@sons.test", owners=(ANN.owner,))

    async with house.browser("odd") as odd:
        page = await odd.see(status=500)

    assert page.h1 == "Something broke on our side"
    assert "a page failed: InvalidRequest" in caplog.text
