"""What the doctor sees of an account: its mode, its secrets, and the endpoints at Stripe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from accrue_core.contracts.checks import Finding
from accrue_core.settings import Secret
from accrue_stripe.checks import StripeCheck
from accrue_stripe.connection import Connection
from accrue_stripe.operating.endpoints import EVENTS, Endpoints
from accrue_stripe.plugin import register_checks
from accrue_stripe.settings import API_VERSION, StripeSettings
from tests.stripe import objects
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.asking import furnished
from tests.stripe.stand_in import problem, served

URL = "https://app.example.com/billing/webhooks/stripe"


@pytest.fixture
def account() -> Account:
    account = furnished()
    account.books.put(objects.product("prod_Pro", "Pro"))
    return account


@pytest.fixture
async def settings(account: Account) -> AsyncIterator[StripeSettings]:
    """Serve the account, and return what reaches it."""
    with served(account) as origin:
        yield StripeSettings(
            api_key=Secret("sk_test_account"),
            api_base=origin,
            webhook_secrets=(Secret("whsec_1"),),
        )


async def looked_at(settings: StripeSettings) -> list[Finding]:
    check = StripeCheck(settings)
    return [*check.offline(), *await check.online()]


async def made(settings: StripeSettings) -> None:
    """Make an endpoint as the command does."""
    connection = Connection(settings)
    try:
        await Endpoints(connection, URL, run="test").require()
    finally:
        await connection.close()


def outcomes(found: list[Finding]) -> list[str]:
    return [finding.outcome for finding in found]


async def test_an_account_in_good_order(account: Account, settings: StripeSettings) -> None:
    await made(settings)
    found = await looked_at(settings)

    assert outcomes(found) == ["ok", "ok", "ok"]
    assert "a test key" in str(found[0])
    assert f"{len(EVENTS)} events" in str(found[1])
    assert "sells 1 plan:" in str(found[2])
    assert account.complaints == []


async def test_an_account_without_an_endpoint_of_ours(settings: StripeSettings) -> None:
    found = await looked_at(settings)

    assert outcomes(found) == ["ok", "warning", "ok"]
    assert "webhooks create" in str(found[1])


@pytest.mark.parametrize(
    ("change", "outcome", "says"),
    [
        ({"enabled_events": ["invoice.paid"]}, "failure", "customer.subscription.updated"),
        ({"enabled_events": ["*"]}, "ok", "events"),
        ({"api_version": "2020-08-27"}, "warning", "rotate"),
        ({"status": "disabled"}, "warning", "no endpoint"),
        ({"metadata": {}}, "warning", "no endpoint"),
    ],
)
async def test_what_is_wrong_with_an_endpoint_is_said(
    account: Account, settings: StripeSettings, change: dict[str, Any], outcome: str, says: str
) -> None:
    await made(settings)
    (endpoint,) = account.books.all("webhook_endpoint")
    account.books.put({**endpoint, **change})
    found = await looked_at(settings)

    assert outcomes(found) == ["ok", outcome, "ok"]
    assert says in str(found[1])


async def test_an_account_that_sells_nothing_is_told_so(
    account: Account, settings: StripeSettings
) -> None:
    await made(settings)
    for price in account.books.all("price"):
        account.books.put({**price, "active": False})
    found = await looked_at(settings)

    assert outcomes(found) == ["ok", "ok", "warning"]
    assert "no active, recurring price" in str(found[2])


@pytest.mark.parametrize(
    ("path", "what", "others"),
    [
        ("GET /v1/webhook_endpoints", "webhook endpoints", ["ok", "warning", "ok"]),
        ("GET /v1/prices", "prices and products", ["ok", "ok", "warning"]),
    ],
)
async def test_a_key_that_may_not_read_the_one_still_reads_the_other(
    account: Account, settings: StripeSettings, path: str, what: str, others: list[str]
) -> None:
    await made(settings)
    account.faults.append(Fault(problem(403, "invalid_request_error"), to=path))
    found = await looked_at(settings)

    assert outcomes(found) == others
    (warning,) = [finding for finding in found if finding.outcome == "warning"]
    assert what in str(warning)
    assert "person.example" not in str(warning)


async def test_two_secrets_are_a_rotation_that_is_to_end(settings: StripeSettings) -> None:
    two = StripeSettings(
        api_key=settings.api_key, webhook_secrets=(Secret("whsec_1"), Secret("whsec_2"))
    )
    found = list(StripeCheck(two).offline())

    assert outcomes(found) == ["ok", "warning"]
    assert "whsec" not in str(found)


def test_every_configured_account_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCRUE_STRIPE_API_KEY", raising=False)
    assert list(register_checks()) == []
    monkeypatch.setenv("ACCRUE_STRIPE_API_KEY", "sk_test_account")
    monkeypatch.setenv("ACCRUE_STRIPE_WEBHOOK_SECRETS", "whsec_1")
    assert [check.name for check in register_checks()] == ["stripe"]
    assert API_VERSION in str(next(iter(next(iter(register_checks())).offline())))
