"""What is let in: stored before it is acknowledged, once, under any of the active secrets."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from accrue_core.settings import Secret
from accrue_fake.engine import signing
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.door.senders import PATH, Listener, document, send_in_parts, signed, status_of
from tests.stage import Stage, ask, post, staged


async def test_a_delivery_is_acknowledged_only_once_it_is_committed(
    stage: Stage, listener: Listener
) -> None:
    body = document()
    listener.sent = []

    answers = await send_in_parts(stage.app, [body], signed(stage, body), sent=listener.sent)

    assert status_of(answers) == 200
    assert listener.sent_by == {"ingest:before_commit": 0, "ingest:after_commit": 0}
    [delivery] = (await stage.billing.webhook_deliveries()).items
    assert (delivery.body, delivery.event_ref, delivery.status) == (body, "evt_1", "waiting")
    assert stage.processor.backend.calls == {}


async def test_what_could_not_be_stored_is_not_acknowledged(
    stage: Stage, listener: Listener
) -> None:
    body = document()

    listener.stop_at = "ingest:before_commit"
    status, answer = await post(stage.app, PATH, body, signed(stage, body))
    assert status == 500
    assert b"database" not in answer
    assert (await stage.billing.webhook_deliveries()).items == ()

    listener.stop_at = None
    assert (await post(stage.app, PATH, body, signed(stage, body)))[0] == 200
    assert len((await stage.billing.webhook_deliveries()).items) == 1


async def test_a_duplicate_is_welcome_and_changes_nothing(stage: Stage) -> None:
    body = document()

    first = await post(stage.app, PATH, body, signed(stage, body))
    second = await post(stage.app, PATH, body, signed(stage, body))

    assert [first[0], second[0]] == [200, 200]
    assert json.loads(first[1]) == {"received": True, "duplicate": False}
    assert json.loads(second[1]) == {"received": True, "duplicate": True}
    assert len((await stage.billing.webhook_deliveries()).items) == 1


async def test_twenty_duplicates_at_once_are_one_delivery(stage: Stage) -> None:
    body = document()

    answers = await asyncio.gather(
        *(post(stage.app, PATH, body, signed(stage, body)) for _ in range(20))
    )

    assert {status for status, _ in answers} == {200}
    assert sum(not json.loads(answer)["duplicate"] for _, answer in answers) == 1
    assert len((await stage.billing.webhook_deliveries()).items) == 1


async def test_one_of_two_signatures_is_enough(stage: Stage) -> None:
    body = document()
    right = signed(stage, body)[signing.HEADER]
    wrong = signed(stage, body, secret=Secret("whsec_old"))[signing.HEADER].partition(",")[2]

    status, _ = await post(stage.app, PATH, body, {signing.HEADER: f"{right},{wrong}"})

    assert status == 200


async def test_while_a_secret_is_rolled_both_open_the_door(prepared_database_url: str) -> None:
    secrets = (Secret("whsec_new"), Secret("whsec_old"))
    stripe = StripeProcessor(StripeSettings(api_key=Secret("sk_test_x"), webhook_secrets=secrets))
    async with staged(prepared_database_url, others=[stripe]) as stage:
        seconds = int(time.time())
        statuses = []
        for number, secret in enumerate([*secrets, Secret("whsec_other")]):
            body = stripe_event(f"evt_{number}", seconds)
            digest = hmac.new(
                secret.reveal().encode(), f"{seconds}.".encode() + body, hashlib.sha256
            ).hexdigest()
            headers = {"stripe-signature": f"t={seconds},v1={digest}"}
            statuses.append((await post(stage.app, "/webhooks/stripe", body, headers))[0])

        assert statuses == [200, 200, 400]
        assert len((await stage.billing.webhook_deliveries()).items) == 2


def stripe_event(ref: str, created: int) -> bytes:
    content: dict[str, Any] = {
        "id": ref,
        "object": "event",
        "type": "customer.updated",
        "created": created,
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": {"id": "cus_1", "object": "customer"}},
    }
    return json.dumps(content).encode()


async def test_a_mounted_door_is_the_same_door(stage: Stage) -> None:
    body = document()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(k.encode(), v.encode()) for k, v in signed(stage, body).items()]
    for path, root in (("/billing/webhooks/fake", "/billing"), ("/webhooks/fake", "/billing")):
        scope = {"type": "http", "method": "POST", "path": path, "root_path": root}
        await stage.app({**scope, "headers": headers, "query_string": b""}, receive, send)

    assert [m["status"] for m in sent if "status" in m] == [200, 200]


async def test_health_says_what_is_waiting(stage: Stage) -> None:
    assert (await ask(stage.app, "GET", "/health/live"))[0] == 200
    status, body = await ask(stage.app, "GET", "/health/ready")
    assert (status, json.loads(body)["deliveries"]) == (200, {})

    await post(stage.app, PATH, document(), signed(stage, document()))
    assert json.loads((await ask(stage.app, "GET", "/health/ready"))[1])["deliveries"] == {
        "waiting": 1
    }
    await stage.accrue.work.drain()
    assert json.loads((await ask(stage.app, "GET", "/health/ready"))[1])["deliveries"] == {
        "dead": 1
    }


async def test_without_its_tables_it_is_alive_and_not_ready(database_url: str) -> None:
    async with staged(database_url) as stage:
        assert (await ask(stage.app, "GET", "/health/live"))[0] == 200
        status, body = await ask(stage.app, "GET", "/health/ready")

        assert (status, json.loads(body)["status"]) == (503, "schema_outdated")
        assert (await post(stage.app, PATH, document(), signed(stage, document())))[0] == 500


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/webhooks/fake", "/nothing"])
async def test_no_answer_may_be_kept_by_a_cache(stage: Stage, path: str) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    await stage.app({**scope, "query_string": b""}, receive, send)

    assert (b"cache-control", b"no-store") in sent[0]["headers"]
