"""A signed event, posted at a running server, changes the mirror and the gate."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import httpx

from accrue_core import Accrue, BlockingBilling, Catalog, Owner, Plan, Secret, Settings
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.running import eventually, running
from tests.stage import Offered
from tests.stripe import objects
from tests.stripe.objects import Json
from tests.stripe.send_event import event, signed
from tests.stripe.stand_in import StandIn, served

SECRET = "whsec_running_server"  # noqa: S105
TEAM = Owner("team", "42")


def at_stripe() -> tuple[Json, Json]:
    """Return a customer of the team's and its active subscription, as Stripe holds them."""
    customer = objects.customer()
    customer["metadata"] = {"accrue_owner_type": TEAM.type, "accrue_owner_id": TEAM.id}
    subscription = objects.subscription() | {"customer": customer["id"], "status": "active"}
    subscription |= {"cancel_at": None, "cancel_at_period_end": False, "ended_at": None}
    return customer, subscription


def a_host(database_url: str, origin: str, price: str) -> Accrue:
    """Return an Accrue whose Stripe is the stand-in."""
    stripe = StripeSettings(
        api_key=Secret("sk_test_running"),
        webhook_secrets=(Secret("whsec_older"), Secret(SECRET)),
        api_base=origin,
    )
    return Accrue(
        Settings(
            database_url=database_url,
            plugins_disabled=frozenset({"stripe", "fake"}),
            poll_interval=timedelta(seconds=0.2),
        ),
        catalog=Catalog(Plan(key="pro", features={"reports"}, prices={"stripe": price})),
        plugins=[Offered([StripeProcessor(stripe)])],
    )


def send(origin: str, type_: str, about: Json, *, secret: str = SECRET) -> int:
    """Sign an event with Stripe's own signer and post it; return the answer's status."""
    now = int(time.time())
    body = json.dumps(event(type_, about, ref=f"evt_{time.monotonic_ns()}", created=now))
    url = f"{origin}/webhooks/stripe"
    headers = signed(body, secret, at=now)
    return httpx.post(url, content=body, headers=headers, trust_env=False).status_code


def test_a_signed_event_changes_the_mirror_and_the_gate(prepared_database_url: str) -> None:
    customer, subscription = at_stripe()
    price = subscription["items"]["data"][0]["price"]["id"]
    with served(StandIn(lambda: [customer, subscription])) as stripe:
        accrue = a_host(prepared_database_url, stripe, price)
        with running(accrue) as origin:
            billing: BlockingBilling = accrue.blocking()
            assert not billing.entitled(TEAM, "reports")
            refused = send(origin, "customer.subscription.created", subscription, secret="whsec_x")  # noqa: S106
            assert refused == 400

            assert send(origin, "customer.subscription.created", subscription) == 200
            eventually(lambda: billing.entitled(TEAM, "reports"))
            mirrored = billing.subscriptions(TEAM)
            assert [row.ref for row in mirrored] == [subscription["id"]]
            assert mirrored[0].items[0].current_period_end is not None

            subscription["status"] = "past_due"
            assert send(origin, "customer.subscription.updated", subscription) == 200
            eventually(lambda: not billing.entitled(TEAM, "reports"))
            assert billing.subscriptions(TEAM)[0].status == SubscriptionStatus.PAST_DUE

            subscription["status"] = "a_word_of_2027"
            assert send(origin, "customer.subscription.updated", subscription) == 200
            eventually(lambda: billing.webhook_deliveries(status="dead").items)
            assert billing.subscriptions(TEAM)[0].unreadable == "a_word_of_2027"

            entries = billing.timeline_for(billing.subscriptions(TEAM)[0].id).items
            assert [entry.type for entry in reversed(entries)] == [
                "subscription.started",
                "subscription.past_due",
                "subscription.unreadable",
            ]
            assert all(entry.cause.startswith("webhook:evt_") for entry in entries)
            assert billing.verify_ledger().is_intact
