"""Who is turned away at the webhook door: the same flat answer for every fault, nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from accrue_core.settings import Secret
from accrue_fake.engine import signing
from tests.door.senders import PATH, document, send_in_parts, signed, status_of
from tests.faults.evidence import counted
from tests.stage import Stage, ask, post, staged

Faulty = Callable[[Stage], tuple[bytes, dict[str, str]]]


def tampered(stage: Stage) -> tuple[bytes, dict[str, str]]:
    return document("evt_2"), signed(stage, document("evt_1"))


def signing_body(body: bytes) -> Faulty:
    return lambda stage: (body, signed(stage, body))


def with_header(value: str) -> Faulty:
    return lambda stage: (document(), {signing.HEADER: value})


def deep(levels: int) -> bytes:
    nested = b"[" * levels + b"]" * levels
    return document()[:-1] + b', "extra": ' + nested + b"}"


FAULTY: dict[str, Faulty] = {
    "unsigned": lambda stage: (document(), {}),
    "an empty signature": with_header(""),
    "half a signature": with_header("t=1"),
    "a signature without time": with_header("v1=00"),
    "a time that is no number": with_header("t=x,v1=00"),
    "a time of a thousand digits": with_header(f"t={'9' * 1000},v1=00"),
    "a signature in Latin-1": with_header("t=1,v1=é"),
    "the wrong secret": lambda stage: (
        document(), signed(stage, document(), secret=Secret("whsec_other")),
    ),
    "stale": lambda stage: (document(), signed(stage, document(), late=timedelta(minutes=6))),
    "from the future": lambda stage: (
        document(), signed(stage, document(), late=timedelta(minutes=-6)),
    ),
    "tampered with": tampered,
    "empty": signing_body(b""),
    "not UTF-8": signing_body(b"\xff\xfe{}"),
    "a lone surrogate": signing_body(document().replace(b"evt_1", b"\\ud800")),
    "truncated": signing_body(document()[:-7]),
    "two documents": signing_body(document() * 2),
    "not an object": signing_body(b"[]"),
    "null": signing_body(b"null"),
    "without an id": signing_body(json.dumps({"type": "x"}).encode()),
    "an id that is a number": signing_body(document(id=7)),
    "data that is text": signing_body(document(data="cus_1")),
    "a time before time": signing_body(document(created=-(10**18))),
    "a time after time": signing_body(document(created=10**18)),
    "a number of a thousand digits": signing_body(
        document().replace(b"1767225600", b"9" * 1000)
    ),
    "nested deeply but unsigned": lambda stage: (deep(100_000), {}),
}  # fmt: skip

BROKEN: dict[str, Faulty] = {
    "nested deeply": signing_body(deep(100_000)),
    "an empty id": signing_body(document("")),
    "an id longer than its column": signing_body(document("evt_" + "1" * 300)),
    "a type longer than its column": signing_body(document(type="x" * 300)),
    "an id with a NUL": signing_body(document("evt_\x00")),
}


@pytest.mark.parametrize("fault", list(FAULTY))
async def test_every_fault_gets_the_same_flat_answer(stage: Stage, fault: str) -> None:
    before = await counted(stage)
    body, headers = FAULTY[fault](stage)

    answer = await post(stage.app, PATH, body, headers)

    assert answer == await post(stage.app, PATH, document(), {})
    assert answer[0] == 400
    assert json.loads(answer[1]) == {"type": "about:blank", "title": "Bad Request", "status": 400}
    assert await counted(stage) == before


@pytest.mark.parametrize("fault", list(BROKEN))
async def test_what_is_signed_and_cannot_be_stored_is_no_fault_of_ours(
    stage: Stage, fault: str
) -> None:
    before = await counted(stage)
    body, headers = BROKEN[fault](stage)

    status, _ = await post(stage.app, PATH, body, headers)

    assert status == 400
    assert await counted(stage) == before


async def test_an_unknown_processor_has_no_door(stage: Stage) -> None:
    body = document()
    for path in ("/webhooks/stripe", "/webhooks/", "/webhooks", "/webhooks/fake/x", "/fake", "/"):
        status, _ = await post(stage.app, path, body, signed(stage, body))
        assert status == 404, path

    assert (await stage.billing.webhook_deliveries()).items == ()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_posts_come_in(stage: Stage, method: str) -> None:
    body = document()

    status, _ = await ask(stage.app, method, PATH, body, signed(stage, body))

    assert status == 405
    assert (await stage.billing.webhook_deliveries()).items == ()


async def test_a_body_that_says_it_is_too_large_is_not_read(prepared_database_url: str) -> None:
    async with staged(prepared_database_url, settings={"webhook_max_bytes": 500}) as stage:
        body = document()
        headers = signed(stage, body) | {"content-length": "501"}

        assert (await post(stage.app, PATH, body, headers))[0] == 413

        assert (await stage.billing.webhook_deliveries()).items == ()


async def test_a_body_that_turns_out_too_large_is_not_kept(prepared_database_url: str) -> None:
    async with staged(prepared_database_url, settings={"webhook_max_bytes": 500}) as stage:
        large = document(padding="x" * 500)
        for headers in ({}, {"content-length": "10"}, {"content-length": "many"}):
            answers = await send_in_parts(
                stage.app, [large[:300], large[300:]], signed(stage, large) | headers
            )
            assert status_of(answers) == 413
        exact = document(padding="x" * (500 - len(document(padding=""))))
        assert len(exact) == 500

        assert (await post(stage.app, PATH, exact, signed(stage, exact)))[0] == 200
        assert len((await stage.billing.webhook_deliveries()).items) == 1


async def test_who_hangs_up_in_the_middle_gets_no_answer_and_leaves_nothing(
    stage: Stage,
) -> None:
    body = document()

    answers = await send_in_parts(
        stage.app, [body[:20], body[20:]], signed(stage, body), hangs_up=True
    )

    assert answers == []
    assert (await stage.billing.webhook_deliveries()).items == ()
