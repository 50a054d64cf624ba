"""Everything that is rendered has the shape that the official SDK's annotations describe."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
import stripe

from accrue_fake.wire.stripe.shapes import facts
from accrue_fake.wire.stripe.shapes.events import render_event
from accrue_fake.wire.stripe.shapes.keys import API_VERSION, whole
from accrue_fake.wire.stripe.shapes.render import INCLUDABLE, RENDERERS, render
from tests.stripe.conformance import violations
from tests.wire.shapes.completeness import missing
from tests.wire.shapes.history import a_year, of_the_patient
from tests.wire.shapes.rendered import everything, from_facts

Json = dict[str, Any]


@pytest.fixture(scope="module")
def rendered() -> list[Json]:
    return [*everything(a_year()), *everything(of_the_patient()), *from_facts(a_year())]


def test_types_and_words_are_those_of_the_sdk_and_no_key_is_made_up(rendered: list[Json]) -> None:
    wrong = Counter(
        violation for shown in rendered if shown["object"] != "event"
        for violation in violations(shown)
    )  # fmt: skip

    assert wrong == {}


def test_no_key_is_missing_at_any_depth(rendered: list[Json]) -> None:
    wrong = Counter(
        place for shown in rendered if shown["object"] != "event" for place in missing(shown)
    )

    assert wrong == {}


def test_events_have_their_shape_and_so_has_what_they_are_about(rendered: list[Json]) -> None:
    events = [shown for shown in rendered if shown["object"] == "event"]
    wrong = Counter(
        violation
        for event in events
        for shown in (event, event["data"]["object"])
        for violation in (*violations(shown), *missing(shown))
    )

    assert wrong == {}
    assert {event["api_version"] for event in events} == {stripe.api_version} == {API_VERSION}


def test_the_history_has_everything_in_it_that_can_be_rendered(rendered: list[Json]) -> None:
    shown = Counter(one["object"] for one in rendered)
    embedded = {"line_item", "loose_payment_intent"}

    assert set(shown) == RENDERERS.keys() - embedded


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "subscription",
            "active canceled incomplete incomplete_expired past_due paused trialing unpaid",
        ),
        ("subscription_schedule", "active canceled completed not_started released"),
        ("invoice", "draft open paid uncollectible void"),
        ("invoice_payment", "canceled open paid"),
        ("payment_intent", "canceled requires_action requires_payment_method succeeded"),
        ("checkout.session", "complete expired open"),
        ("setup_intent", "canceled requires_action requires_payment_method succeeded"),
        ("test_helpers.test_clock", "advancing ready"),
        ("webhook_endpoint", "disabled enabled"),
    ],
)
def test_the_history_has_every_status_in_it(rendered: list[Json], kind: str, words: str) -> None:
    assert {shown["status"] for shown in rendered if shown["object"] == kind} == set(words.split())


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("subscription", "pending_update"),
        ("subscription", "pause_collection"),
        ("subscription", "cancel_at"),
        ("subscription", "status_details"),
        ("subscription", "schedule"),
        ("subscription_schedule", "current_phase"),
        ("customer", "address"),
        ("customer", "tax"),
        ("subscription", "trial_end"),
        ("subscription", "days_until_due"),
        ("invoice", "due_date"),
        ("invoice", "next_payment_attempt"),
        ("invoice", "confirmation_secret"),
        ("invoice", "status_details"),
        ("payment_intent", "next_action"),
        ("payment_intent", "last_payment_error"),
        ("checkout.session", "line_items"),
        ("checkout.session", "invoice"),
        ("billing_portal.session", "flow"),
        ("webhook_endpoint", "secret"),
    ],
)
def test_the_history_has_something_to_say_under_a_key(
    rendered: list[Json], kind: str, key: str
) -> None:
    assert any(shown.get(key) is not None for shown in rendered if shown["object"] == kind)


def test_what_is_left_out_is_not_there_until_it_is_asked_for() -> None:
    engine = a_year()
    ref = next(iter(engine.books.invoices))

    assert INCLUDABLE["invoice"] == {"payments", "confirmation_secret", "threshold_reason"}
    assert not INCLUDABLE["invoice"] & render(engine, "invoice", ref).keys()


def test_an_event_tells_what_its_keeper_knows() -> None:
    engine = a_year()
    record = next(iter(engine.books.events.values()))
    subject = {"object": record.object, "id": record.object_ref, "name": "as it was"}
    known = facts.EventFacts(
        object=subject,
        previous={"name": "before"},
        request="req_1",
        idempotency_key="key-1",
        pending_webhooks=0,
    )

    event = render_event(engine, record, known)

    assert event["data"] == {"object": subject, "previous_attributes": {"name": "before"}}
    assert event["request"] == {"id": "req_1", "idempotency_key": "key-1"}
    assert violations(event) == []


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("coupon", {"id": "c", "percentage": 5}),
        ("event.request", {"key": "k"}),
        ("product", {"id": "prod_1", "object": "product"}),
    ],
)
def test_a_key_that_is_made_up_or_left_out_stops_the_renderer(place: str, known: Json) -> None:
    with pytest.raises(LookupError, match=place):
        whole(place, known)


def test_the_walker_finds_what_is_missing_in_depth() -> None:
    engine = a_year()
    subscription = copy.deepcopy(
        render(engine, "subscription", next(iter(engine.books.subscriptions)))
    )
    del subscription["items"]["data"][0]["price"]["recurring"]["meter"]
    del subscription["cancellation_details"]["comment"]

    assert missing(subscription) == [
        "subscription.cancellation_details.comment",
        "subscription.items[0].price.recurring.meter",
    ]
