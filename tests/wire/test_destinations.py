"""The second namespace: event destinations, and events that say only what they are about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from stripe.v2.core import Event, EventDestination

from tests.wire.shapes import second
from tests.wire.till import Till

HOOKS = "https://app.example/hooks"
SECRET, URL = "webhook_endpoint.signing_secret", "webhook_endpoint.url"
CORE = "/v2/core"
Json = dict[str, Any]


async def destination(till: Till, *types: str, **more: Any) -> EventDestination:
    asked: Any = {
        "name": "Hooks",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": list(types or ("*",)),
        "webhook_endpoint": {"url": HOOKS},
        "include": [SECRET, URL],
        **more,
    }
    return await till.client.v2.core.event_destinations.create_async(asked)


def notified(till: Till, secret: str) -> list[Any]:
    """Return what arrived, each as the SDK verifies it."""
    return [
        till.client.parse_event_notification(body, headers["stripe-signature"], secret)
        for _, body, headers in till.inbox.taken
    ]


def secret_of(made: EventDestination) -> str:
    assert made.webhook_endpoint is not None
    return made.webhook_endpoint.signing_secret or ""


async def test_a_destination_is_told_what_events_are_about_and_no_more(till: Till) -> None:
    made = await destination(till, "v1.customer.created", "v1.customer.subscription.created")
    customer = await till.customer()
    subscription = await till.subscribe(customer, await till.price())

    await till.server.deliver()

    first, last = notified(till, secret_of(made))
    assert (first.type, first.related_object.id) == ("v1.customer.created", customer)
    assert (first.related_object.type, first.related_object.url) == (
        "customer",
        f"/v1/customers/{customer}",
    )
    assert (last.type, last.related_object.type) == (
        "v1.customer.subscription.created",
        "subscription",
    )
    for _, body, _ in till.inbox.taken:
        told: Json = json.loads(body)
        assert told.keys() == {
            "id", "object", "type", "livemode", "created", "related_object", "reason",
        }  # fmt: skip
    fetched = await till.raw("GET", last.related_object.url)
    assert fetched.json()["id"] == subscription.id


async def test_a_notification_names_an_event_that_names_its_twin(till: Till) -> None:
    made = await destination(till, "v1.customer.created")
    ref = await till.customer(None)
    await till.server.deliver()
    (notification,) = notified(till, secret_of(made))

    event = await till.client.v2.core.events.retrieve_async(notification.id)

    assert (event.id, event.type) == (notification.id, "v1.customer.created")
    assert event.created == notification.created
    assert datetime.fromisoformat(event.created).tzinfo is not None
    twin = await till.v1.events.retrieve_async(event.snapshot_event or "")
    assert (twin.type, twin.data.object["id"]) == ("customer.created", ref)
    assert event.reason is not None
    assert event.reason.request is not None
    assert twin.request is not None
    assert event.reason.request.id == twin.request.id
    with pytest.raises(stripe.InvalidRequestError):
        await till.v1.events.retrieve_async(event.id)


async def test_a_secret_is_told_once_and_only_who_asks(till: Till) -> None:
    silent = await destination(till, include=[])
    made = await destination(till)
    destinations = till.client.v2.core.event_destinations

    assert silent.webhook_endpoint is not None
    assert (silent.webhook_endpoint.signing_secret, silent.webhook_endpoint.url) == (None, None)
    assert secret_of(made).startswith("whsec_")
    again = await destinations.retrieve_async(made.id, {"include": [URL]})
    assert again.webhook_endpoint is not None
    assert (again.webhook_endpoint.signing_secret, again.webhook_endpoint.url) == (None, HOOKS)
    listed = await till.raw("GET", f"{CORE}/event_destinations")
    assert secret_of(made) not in listed.text
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await destinations.retrieve_async(made.id, {"include": [SECRET]})
    assert refused.value.param == "include[0]"


async def test_a_destination_is_changed_switched_off_and_deleted(till: Till) -> None:
    made = await destination(till, "v1.customer.created", metadata={"a": "1", "b": "2"})
    destinations = till.client.v2.core.event_destinations
    changes: Any = {
        "name": "Other",
        "enabled_events": ["v1.product.created"],
        "metadata": {"a": None, "c": "3"},
        "webhook_endpoint": {"url": f"{HOOKS}/2"},
        "include": [URL],
    }

    changed = await destinations.update_async(made.id, changes)
    off = await destinations.disable_async(made.id)
    await till.v1.products.create_async({"name": "Unheard"})
    await till.server.deliver()
    on = await destinations.enable_async(made.id)
    await till.v1.products.create_async({"name": "Heard"})
    await till.server.deliver()
    gone = await destinations.delete_async(made.id)

    assert (changed.name, changed.enabled_events) == ("Other", ["v1.product.created"])
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert (off.status, on.status) == ("disabled", "enabled")
    assert off.status_details is not None
    assert off.status_details.disabled is not None
    assert off.status_details.disabled.reason == "user"
    assert [url for url, _, _ in till.inbox.taken] == [f"{HOOKS}/2"]
    assert gone.id == made.id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await destinations.retrieve_async(made.id)
    assert (refused.value.http_status, refused.value.code) == (404, "not_found")


async def test_a_destination_for_snapshots_is_told_at_its_version(till: Till) -> None:
    made = await destination(
        till,
        "customer.subscription.created",
        event_payload="snapshot",
        snapshot_api_version="2025-02-24.acacia",
    )
    await till.subscribe(await till.customer(), await till.price())

    await till.server.deliver()

    (event,) = till.inbox.events(secret_of(made))
    assert (event.api_version, made.snapshot_api_version) == ("2025-02-24.acacia",) * 2
    assert "current_period_end" in event.data.object


async def test_a_ping_reaches_its_destination_and_nobody_else(till: Till) -> None:
    made = await destination(till, "v1.customer.created")
    await destination(till)
    pinged = await till.client.v2.core.event_destinations.ping_async(made.id)

    assert await till.server.deliver() == 1

    (told,) = notified(till, secret_of(made))
    assert (told.id, told.type) == (pinged.id, "v2.core.event_destination.ping")
    assert told.related_object.id == made.id
    found = await till.client.v2.core.events.retrieve_async(told.id)
    assert found.snapshot_event is None
    assert (await till.v1.events.list_async()).data == []
    assert (await till.raw("GET", "/v1/events/evt_fake_00001")).status_code == 404


async def test_each_namespace_has_its_own_endpoints(till: Till) -> None:
    made = await destination(till)
    asked: Any = {"url": HOOKS, "enabled_events": ["*"]}
    other = await till.v1.webhook_endpoints.create_async(asked)
    v1, v2 = till.v1.webhook_endpoints, till.client.v2.core.event_destinations

    assert [one.id for one in (await v1.list_async()).data] == [other.id]
    assert [one.id for one in (await v2.list_async()).data] == [made.id]
    with pytest.raises(stripe.InvalidRequestError):
        await v1.retrieve_async(made.id)
    with pytest.raises(stripe.InvalidRequestError):
        await v2.retrieve_async(other.id)


async def test_events_are_listed_page_by_page_in_both_directions(till: Till) -> None:
    refs = [await till.customer(None) for _ in range(5)]
    events = till.client.v2.core.events

    first = await events.list_async({"limit": 2, "types": ["v1.customer.created"]})
    every = [one async for one in first.auto_paging_iter()]

    assert [related(one) for one in every] == refs[::-1]
    page = (await till.raw("GET", first.next_page_url or "")).json()
    back = (await till.raw("GET", page["previous_page_url"])).json()
    assert [one["id"] for one in back["data"]] == [one.id for one in first.data]
    assert back["previous_page_url"] is None
    about = await events.list_async({"object_id": refs[0]})
    assert {related(one) for one in about.data} == {refs[0]}


def related(event: Event) -> str:
    told: Any = event
    return str(told.related_object.id)


async def test_events_are_found_by_the_moment_they_happened(till: Till) -> None:
    await till.customer(None)
    now = till.server.desk.now
    till.server.desk.advance_to(now + timedelta(days=1))
    late = await till.customer(None)
    since = (now + timedelta(hours=1)).astimezone(UTC).isoformat()

    found = await till.client.v2.core.events.list_async({"created": {"gt": since}})

    assert {related(one) for one in found.data} == {late}


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"enabled_events": ["customer.created"]}, "invalid_request", "enabled_events[0]"),
        ({"enabled_events": ["v1.customer.danced"]}, "invalid_request", "enabled_events[0]"),
        ({"enabled_events": []}, "parameter_missing", "enabled_events"),
        ({"event_payload": "fat"}, "invalid_request", "event_payload"),
        ({"snapshot_api_version": "2025-02-24.acacia"}, "invalid_request", "snapshot_api_version"),
        ({"type": "amazon_eventbridge"}, "not_played_by_the_fake", "type=amazon_eventbridge"),
        ({"events_from": ["@accounts"]}, "not_played_by_the_fake", "events_from"),
        ({"webhook_endpoint": {"url": "nowhere"}}, "invalid_request", "url"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"name": None}, "parameter_invalid_empty", "name"),
    ],
)
async def test_a_wrong_destination_is_refused_by_name(
    till: Till, changes: Json, code: str, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await destination(till, **changes)

    assert refused.value.code == code
    assert param in (refused.value.param or "")


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b'{"name": ' + b"[" * 400 + b"]" * 400 + b"}", 400),
        ("application/json", b"[" * 20_000 + b"]" * 20_000, 400),
        ("application/x-www-form-urlencoded", b"name=x", 400),
        ("application/json", b"\xff\xfe", 400),
        ("application/json", b'{"name": "\\ud800"}', 400),
        ("application/json", b'{"name": ' + b"9" * 5000 + b"}", 400),
    ],
)
async def test_a_body_that_is_no_object_in_json_is_refused(
    till: Till, kind: str, content: bytes, status: int
) -> None:
    answer = await till.raw(
        "POST", f"{CORE}/event_destinations", content=content, headers={"content-type": kind}
    )

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("page", ["nonsense", "%C3%A9", "ZXZ0X25vbmU="])
async def test_a_page_that_nobody_has_named_is_refused(till: Till, page: str) -> None:
    answer = await till.raw("GET", f"{CORE}/events?page={page}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "page")


async def test_a_key_repeats_an_answer_and_forgets_a_refusal(till: Till) -> None:
    headers = {"idempotency-key": "k1"}
    path = f"{CORE}/event_destinations"
    wanted = {
        "name": "n", "type": "webhook_endpoint", "event_payload": "thin",
        "enabled_events": ["*"], "webhook_endpoint": {"url": "nowhere"},
    }  # fmt: skip

    refused = await till.raw("POST", path, json=wanted, headers=headers)
    wanted["webhook_endpoint"] = {"url": HOOKS}
    made = await till.raw("POST", path, json=wanted, headers=headers)
    again = await till.raw("POST", path, json=wanted, headers=headers)

    assert refused.status_code == 400
    assert made.status_code == 200, made.text
    assert again.content == made.content
    assert again.headers["idempotent-replayed"] == "true"
    gone = f"{path}/{made.json()['id']}"
    old = {"idempotency-key": "k2", "stripe-version": "2024-06-20"}
    for _ in range(2):
        deleted = await till.raw("DELETE", gone, headers=old)
        assert deleted.json()["id"] == made.json()["id"]


def test_a_walk_finds_what_is_wrong_with_an_answer_of_the_second_namespace() -> None:
    event: Json = {
        "id": "evt_1", "object": "v2.core.event", "type": "v1.customer.created", "created": 5,
        "livemode": None, "changes": None, "context": None, "snapshot_event": None,
        "reason": {"type": "request", "request": {"id": "req_1"}},
        "related_object": {"id": "cus_1", "type": "customer", "url": "/", "more": 1}, "extra": 1,
    }  # fmt: skip

    assert set(second.wrong_in(event)) == {
        "v2.core.event.created: int",
        "v2.core.event.extra: extra",
        "v2.core.event.livemode: null",
        "v2.core.event.reason.request.idempotency_key: missing",
        "v2.core.event.related_object.more: extra",
    }
