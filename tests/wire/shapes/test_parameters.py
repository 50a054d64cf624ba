"""Which parameters a route takes."""

from __future__ import annotations

import pytest

from accrue_fake.wire.stripe.shapes.parameters import allowed, required, route_of, routes


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/v1/customers", "POST /v1/customers"),
        ("get", "/v1/customers/cus_1", "GET /v1/customers/{}"),
        ("POST", "/v1/invoices/create_preview", "POST /v1/invoices/create_preview"),
        ("POST", "/v1/invoices/in_1", "POST /v1/invoices/{}"),
        ("GET", "/v1/customers/search", "GET /v1/customers/search"),
        ("POST", "/v1/invoices/in_1/finalize", "POST /v1/invoices/{}/finalize"),
        ("DELETE", "/v1/subscriptions/sub_1", "DELETE /v1/subscriptions/{}"),
        ("GET", "/v1/test_helpers/test_clocks/c", "GET /v1/test_helpers/test_clocks/{}"),
        ("POST", "/v1/billing_portal/sessions", "POST /v1/billing_portal/sessions"),
    ],
)
def test_a_request_has_its_route(method: str, path: str, route: str) -> None:
    assert route_of(method, path) == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/gadgets"),
        ("PUT", "/v1/customers"),
        ("GET", "/v1/customers/"),
        ("POST", "/v1/accounts"),
        ("GET", "/v1/invoices/upcoming/lines/x"),
    ],
)
def test_what_stripe_does_not_serve_or_we_do_not_has_none(method: str, path: str) -> None:
    assert route_of(method, path) is None


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("POST /v1/customers", ("email",)),
        ("POST /v1/customers", ("metadata",)),
        ("POST /v1/customers", ("metadata", "whatever they like")),
        ("POST /v1/customers/{}", ("invoice_settings", "default_payment_method")),
        ("POST /v1/subscriptions", ("items", "0", "price")),
        ("POST /v1/subscriptions", ("items", "11", "metadata", "seat")),
        ("POST /v1/subscriptions", ("expand", "")),
        ("POST /v1/subscriptions/{}", ("pause_collection",)),
        ("POST /v1/subscriptions/{}", ("pause_collection", "resumes_at")),
        ("POST /v1/subscriptions/{}", ("billing_cycle_anchor", "type")),
        ("DELETE /v1/subscriptions/{}", ("cancellation_details", "feedback")),
        ("POST /v1/invoices/create_preview", ("subscription_details", "items", "0", "id")),
        ("POST /v1/subscription_schedules/{}", ("phases", "0", "duration", "interval")),
        ("POST /v1/checkout/sessions", ("subscription_data", "trial_period_days")),
        ("GET /v1/events", ("created", "gte")),
        ("GET /v1/subscriptions", ("starting_after",)),
    ],
)
def test_a_documented_parameter_is_allowed(route: str, path: tuple[str, ...]) -> None:
    assert allowed(route, path)


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("POST /v1/customers", ()),
        ("POST /v1/customers", ("coupon",)),
        ("POST /v1/customers", ("idempotency_key",)),
        ("POST /v1/customers", ("api_key",)),
        ("POST /v1/customers", ("email", "address")),
        ("POST /v1/customers", ("metadata", "one", "two")),
        ("POST /v1/subscriptions", ("items", "0", "plan", "id")),
        ("POST /v1/subscriptions", ("items", "first", "price")),
        ("POST /v1/subscriptions", ("items", "price")),
        ("POST /v1/subscriptions", ("coupon",)),
        ("POST /v1/payment_intents", ("payment_method_types", "0")),
        ("POST /v1/checkout/sessions", ("payment_method_types", "0")),
        ("POST /v1/subscription_schedules", ("phases", "0", "iterations")),
        ("POST /v1/invoices/create_preview", ("subscription_items", "0", "price")),
        ("GET /v1/customers/{}", ("limit",)),
        ("POST /v1/gadgets", ("name",)),
    ],
)
def test_an_unknown_parameter_or_one_that_was_taken_away_is_not(
    route: str, path: tuple[str, ...]
) -> None:
    assert not allowed(route, path)


def test_what_a_route_cannot_do_without_is_known() -> None:
    assert required("POST /v1/prices") == {"currency"}
    assert required("POST /v1/webhook_endpoints") == {"enabled_events", "url"}
    assert required("POST /v1/customers") == frozenset()
    assert required("POST /v1/gadgets") == frozenset()


def test_every_list_takes_the_parameters_of_paging() -> None:
    lists = [
        route
        for route in routes()
        if route.startswith("GET /v1/")
        and not route.endswith(("{}", "/search", "/account", "/balance"))
    ]

    assert len(lists) > 15
    assert all(allowed(route, (name,)) for route in lists for name in ("limit", "ending_before"))
