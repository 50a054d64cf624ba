"""``accrue stripe``: endpoints without an unsigned minute, and the catalog as it is sold."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import stripe as sdk
from click.testing import CliRunner, Result

from accrue_core import Catalog, Plan
from accrue_core.settings import Secret
from accrue_stripe.commands import stripe
from accrue_stripe.operating.endpoints import ENDPOINT_METADATA, EVENTS
from accrue_stripe.settings import API_VERSION, StripeSettings
from tests.stripe import objects
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.asking import furnished
from tests.stripe.conformance import hints
from tests.stripe.stand_in import problem, served
from tests.stripe.test_webhooks import of

URL = "https://app.example.com/billing/webhooks/stripe"


@pytest.fixture
def account() -> Account:
    return furnished()


@pytest.fixture
def program(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what runs a command against the account."""
    monkeypatch.setenv("ACCRUE_STRIPE_API_KEY", "sk_test_account")
    monkeypatch.delenv("ACCRUE_STRIPE_WEBHOOK_SECRETS", raising=False)
    with served(account) as origin:
        monkeypatch.setenv("ACCRUE_STRIPE_API_BASE", origin)

        def run(*words: str) -> Result:
            return CliRunner().invoke(stripe, words)

        yield run
    assert account.complaints == []


def said(result: Result) -> str:
    assert result.exception is None, result.exception
    return result.stdout


def endpoints(account: Account) -> list[objects.Json]:
    return account.books.all("webhook_endpoint")


def test_an_endpoint_is_made_for_what_we_use_and_its_secret_told_once(
    account: Account, program: Any
) -> None:
    first = said(program("webhooks", "create", URL))
    again = said(program("webhooks", "create", URL))

    (endpoint,) = endpoints(account)
    assert (endpoint["url"], endpoint["api_version"]) == (URL, API_VERSION)
    assert sorted(endpoint["enabled_events"]) == sorted(EVENTS)
    assert endpoint["metadata"] == {ENDPOINT_METADATA: "stripe"}
    secret = f"whsec_{endpoint['id']}"
    assert f"ACCRUE_STRIPE_WEBHOOK_SECRETS={secret}\n" in first
    assert "test mode" in first
    assert secret not in again
    assert "there already" in again
    assert len(account.requests("POST", "/v1/webhook_endpoints")) == 1


def test_an_endpoint_of_somebody_else_s_is_left_alone(account: Account, program: Any) -> None:
    said(program("webhooks", "create", URL))
    (ours,) = endpoints(account)
    account.books.put({**ours, "id": "we_theirs", "metadata": {}})
    account.books.put({**ours, "id": "we_elsewhere", "url": f"{URL}/x"})
    ours["enabled_events"] = ["invoice.paid"]

    said(program("webhooks", "create", URL))

    events = {one["id"]: len(one["enabled_events"]) for one in endpoints(account)}
    assert events == {
        ours["id"]: len(EVENTS),
        "we_theirs": len(EVENTS),
        "we_elsewhere": len(EVENTS),
    }
    assert len(account.requests("POST", f"/v1/webhook_endpoints/{ours['id']}")) == 1
    assert len(account.requests("POST", "/v1/webhook_endpoints/we_")) == 1


def test_an_endpoint_of_an_old_version_is_to_be_replaced(account: Account, program: Any) -> None:
    said(program("webhooks", "create", URL))
    endpoints(account)[0]["api_version"] = "2020-08-27"

    result = program("webhooks", "create", URL)

    assert "rotate" in str(result.exception)
    assert "2020-08-27" in str(result.exception)


def test_a_secret_is_replaced_without_a_moment_in_which_nothing_is_signed(
    account: Account, program: Any
) -> None:
    said(program("webhooks", "create", URL))
    (old,) = endpoints(account)
    account.now += 60

    begun = said(program("webhooks", "rotate", URL))
    _, new = endpoints(account)
    assert f"ACCRUE_STRIPE_WEBHOOK_SECRETS=<the one of now>,whsec_{new['id']}\n" in begun
    assert (old["status"], new["status"]) == ("enabled", "disabled")
    assert "under way" in str(program("webhooks", "rotate", URL).exception)
    assert "--switch first" in str(program("webhooks", "rotate", URL, "--finish").exception)

    said(program("webhooks", "rotate", URL, "--switch"))
    said(program("webhooks", "rotate", URL, "--switch"))
    assert (old["status"], new["status"]) == ("enabled", "enabled")

    done = said(program("webhooks", "rotate", URL, "--finish"))
    assert old["id"] in done
    assert "ACCRUE_STRIPE_WEBHOOK_SECRETS" in done
    assert [one["id"] for one in endpoints(account)] == [new["id"]]
    assert "no rotation" in str(program("webhooks", "rotate", URL, "--finish").exception)


def test_both_secrets_are_good_for_the_settings_in_between(account: Account, program: Any) -> None:
    said(program("webhooks", "create", URL))
    both = said(program("webhooks", "rotate", URL)).replace("<the one of now>", "whsec_old")
    (line,) = [one for one in both.splitlines() if "=" in one]
    name, _, value = line.partition("=")
    found = StripeSettings.from_env({"ACCRUE_STRIPE_API_KEY": "sk_test_1", name: value})

    assert found is not None
    new = endpoints(account)[1]["id"]
    assert found.webhook_secrets == (Secret("whsec_old"), Secret(f"whsec_{new}"))


def test_the_secret_of_the_second_endpoint_is_told_even_if_it_cannot_be_held_back(
    account: Account, program: Any
) -> None:
    said(program("webhooks", "create", URL))
    refusal = problem(403, "invalid_request_error")
    account.faults.append(Fault(refusal, to="POST /v1/webhook_endpoints/we_"))

    result = program("webhooks", "rotate", URL)

    assert result.exception is not None
    assert f"whsec_{endpoints(account)[1]['id']}" in result.stdout


def test_nothing_is_rotated_where_nothing_is(program: Any) -> None:
    assert "create one" in str(program("webhooks", "rotate", URL).exception)


@pytest.mark.parametrize("url", ["app.example.com/webhooks/stripe", "ftp://x/webhooks/stripe", ""])
def test_an_address_is_a_whole_one(program: Any, url: str) -> None:
    assert "whole URL" in str(program("webhooks", "create", url).exception)


def test_an_address_that_accrue_does_not_listen_at_is_remarked_on(program: Any) -> None:
    elsewhere = program("webhooks", "create", "https://app.example.com/hooks")
    assert "Accrue listens at .../webhooks/stripe" in elsewhere.stderr


def test_every_event_that_concerns_us_is_asked_for_and_no_other() -> None:
    (known,) = [get_args(one) for one in [hints(sdk.Event)["type"]]]
    assert set(EVENTS) <= set(known)
    carried = {"invoiceitem.": "invoiceitem", "invoice_payment.": "invoice_payment"}
    kinds = {
        "customer.subscription.": "subscription",
        "customer.discount.": "discount",
        "customer.": "customer",
        "payment_method.": "payment_method",
        "invoice.": "invoice",
        "checkout.session.": "checkout.session",
        "subscription_schedule.": "subscription_schedule",
        **carried,
    }
    concerned = set()
    for type_ in known:
        prefix = next((one for one in kinds if type_.startswith(one)), None)
        inner = ("source", "tax_id")
        if prefix is None or (prefix == "customer." and type_.split(".")[1] in inner):
            continue
        about = {"object": kinds[prefix], "id": "ref_1", "invoice": "in_1", "subscription": "sub_1"}
        if of(type_, about).noun is not None:
            concerned.add(type_)
    assert concerned == set(EVENTS)


def sell(account: Account, product: str, name: str, *prices: tuple[str, int, str]) -> objects.Json:
    """Put a product on sale."""
    kept = account.books.put(objects.product(product, name))
    for ref, minor, interval in prices:
        account.add_price(ref, minor, interval=interval)
        account.books.at("price", ref)["product"] = product
    return kept


@pytest.fixture
def shop(account: Account) -> Account:
    for price in account.books.all("price"):
        price["active"] = False
    team = sell(
        account,
        "prod_Team",
        'Team "XL"',
        ("price_TeamYear", 19_000, "year"),
        ("price_Team", 1900, "month"),
    )
    team["default_price"] = "price_Team"
    sell(account, "prod_Solo", "Solo", ("price_Solo", 900, "month"))["metadata"] = {
        "accrue_plan": "single"
    }
    sell(account, "prod_Old", "Old", ("price_Old", 100, "month"))["active"] = False
    sell(account, "prod_Once", "Once", ("price_Once", 100, "month"))
    account.books.at("price", "price_Once").update(type="one_time", recurring=None)
    return account


def test_the_catalog_is_printed_as_plans(shop: Account, program: Any) -> None:
    printed = said(program("catalog", "pull"))

    catalog = eval(f"Catalog({printed})", {"Catalog": Catalog, "Plan": Plan})  # noqa: S307
    assert {key: plan.refs("stripe") for key, plan in catalog.plans.items()} == {
        "team_xl": ("price_Team", "price_TeamYear"),
        "single": ("price_Solo",),
    }
    assert catalog.plans["team_xl"].name == 'Team "XL"'
    assert "19.00" in printed
    assert "a year" in printed
    assert {one.method for one in shop.asked} == {"GET"}


def test_the_catalog_is_printed_for_programs(shop: Account, program: Any) -> None:
    as_toml = tomllib.loads(said(program("catalog", "pull", "--format", "toml")))
    as_json = json.loads(said(program("catalog", "pull", "--format", "json")))

    expected = [
        {
            "key": "team_xl",
            "name": 'Team "XL"',
            "prices": {"stripe": ["price_Team", "price_TeamYear"]},
        },
        {"key": "single", "name": "Solo", "prices": {"stripe": ["price_Solo"]}},
    ]
    assert as_toml == {"plans": expected}
    assert [{key: one[key] for key in expected[0]} for one in as_json["plans"]] == expected


def test_a_long_catalog_is_read_to_its_end(shop: Account, program: Any) -> None:
    for i in range(120):
        sell(shop, f"prod_{i}", f"Plan {i}", (f"price_{i}", 100, "month"))

    printed = said(program("catalog", "pull"))

    assert len(printed.splitlines()) == 122
    assert len(shop.requests("GET", "/v1/prices")) == 2


def test_two_products_of_one_key_are_not_mixed_up(shop: Account, program: Any) -> None:
    sell(shop, "prod_Other", "single", ("price_Other", 100, "month"))

    assert "accrue_plan" in str(program("catalog", "pull").exception)


def test_another_account_is_named(account: Account, program: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("ACCRUE_STRIPE_EU_API_KEY", "sk_test_eu")
    monkeypatch.setenv("ACCRUE_STRIPE_EU_API_BASE", os.environ["ACCRUE_STRIPE_API_BASE"])
    url = "https://app.example.com/billing/webhooks/stripe-eu"

    made = said(program("webhooks", "create", url, "--account", "eu"))

    assert "ACCRUE_STRIPE_EU_WEBHOOK_SECRETS=whsec_" in made
    assert endpoints(account)[0]["metadata"] == {ENDPOINT_METADATA: "stripe-eu"}
