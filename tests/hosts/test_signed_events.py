"""Events that the official SDKs signed, posted at a running server, change its pages.

Stripe's and Braintree's APIs are stand-ins on the loopback. What is looked at is what a member and
an operator see: the portal, the back office, and a gated page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from accrue_braintree.processor import BraintreeProcessor
from accrue_core import Accrue, Catalog, Owner, Plan, Secret, Settings, hookimpl
from accrue_core.contracts.auth import Identity
from accrue_core.contracts.processor import Processor
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.braintree import objects as braintree_objects
from tests.braintree import stand_in as braintree_stand_in
from tests.braintree.notifications import form, sample
from tests.braintree.test_running_server import post
from tests.braintree.wire import SETTINGS as BRAINTREE
from tests.running import eventually, running
from tests.stage import Offered
from tests.stripe import stand_in as stripe_stand_in
from tests.stripe.test_running_server import SECRET, at_stripe
from tests.stripe.test_running_server import send as send_stripe

TEAM = Owner("team", "42")
MEMBER = {"x-user": "member"}
OPERATOR = {"x-user": "operator"}


class HeaderAuth:
    """Believes a header, as no host should."""

    name = "header"

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        user = dict(scope["headers"]).get(b"x-user", b"").decode()
        if user == "operator":
            return Identity(user_id=user, role="operator")
        return Identity(user_id=user, owners=(TEAM,)) if user else None


class Signing(Offered):
    """Offers the processors of a test, and who is signed in."""

    @hookimpl
    def register_auth_adapters(self) -> Sequence[HeaderAuth]:
        return (HeaderAuth(),)


def a_host(database_url: str, processor: Processor, price: str) -> Accrue:
    """Return an Accrue with its pages, and one processor."""
    return Accrue(
        Settings(
            database_url=database_url,
            auth="header",
            plugins_disabled=frozenset({"stripe", "fake", "braintree"}),
            poll_interval=timedelta(seconds=0.2),
        ),
        catalog=Catalog(
            Plan(key="pro", features={"reports"}, prices={processor.name: price}),
        ),
        plugins=[Signing([processor])],
    )


@contextmanager
def visiting(accrue: Accrue) -> Iterator[tuple[str, httpx.Client]]:
    """Serve the host; give its origin and a browser."""
    with running(accrue) as origin, httpx.Client(base_url=origin, trust_env=False) as browser:
        yield origin, browser


def shown(browser: httpx.Client, path: str, who: Mapping[str, str]) -> str:
    """Return a page as somebody sees it."""
    answer = browser.get(path, headers=who)
    assert answer.status_code == 200, path
    return answer.text


def sent_by_braintree(origin: str, kind: str) -> int:
    """Have Braintree's SDK sign a notification about the subscription, and post it."""
    return post(origin, form(*sample(kind, "sub_pro").values()))[0]


def test_what_stripe_signed_is_seen_by_member_and_operator(prepared_database_url: str) -> None:
    customer, subscription = at_stripe()
    price = subscription["items"]["data"][0]["price"]["id"]
    with stripe_stand_in.served(
        stripe_stand_in.StandIn(lambda: [customer, subscription])
    ) as api_base:
        settings = StripeSettings(
            api_key=Secret("sk_test_pages"), webhook_secrets=(Secret(SECRET),), api_base=api_base
        )
        accrue = a_host(prepared_database_url, StripeProcessor(settings), price)
        with visiting(accrue) as (origin, browser):
            assert "Pro" not in shown(browser, "/portal", MEMBER)

            assert send_stripe(origin, "customer.subscription.created", subscription) == 200
            eventually(lambda: "You are on Pro" in shown(browser, "/portal", MEMBER))
            assert "Active" in shown(browser, "/admin/subscriptions", OPERATOR)

            subscription["status"] = "past_due"
            assert send_stripe(origin, "customer.subscription.updated", subscription) == 200
            eventually(lambda: "You are on Pro" not in shown(browser, "/portal", MEMBER))
            assert "past due" in shown(browser, "/admin", OPERATOR)


def test_what_braintree_signed_is_seen_by_member_and_operator(prepared_database_url: str) -> None:
    pro = braintree_objects.subscription()
    things: list[Any] = [
        ("customer", braintree_objects.customer()),
        ("credit_card", braintree_objects.card()),
    ]
    there = braintree_stand_in.StandIn(lambda: [*things, ("subscription", pro)])
    with braintree_stand_in.served(there) as api_base:
        processor = BraintreeProcessor(replace(BRAINTREE, api_base=api_base))
        accrue = a_host(prepared_database_url, processor, "pro_monthly")
        with visiting(accrue) as (origin, browser):
            assert "Pro" not in shown(browser, "/portal", MEMBER)

            assert sent_by_braintree(origin, "subscription_went_active") == 200
            eventually(lambda: "You are on Pro" in shown(browser, "/portal", MEMBER))
            assert "Active" in shown(browser, "/admin/subscriptions", OPERATOR)

            pro["status"] = "Past Due"
            assert sent_by_braintree(origin, "subscription_went_past_due") == 200
            eventually(lambda: "You are on Pro" not in shown(browser, "/portal", MEMBER))
            assert "past due" in shown(browser, "/admin", OPERATOR)
