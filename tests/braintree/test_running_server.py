"""A signed notification, posted at a running server, changes the mirror and the gate."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx

from accrue_braintree.processor import BraintreeProcessor
from accrue_braintree.settings import BraintreeSettings
from accrue_core import Accrue, BlockingBilling, Catalog, Owner, Plan, Secret, Settings
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from tests.braintree import objects
from tests.braintree.notifications import HEADERS, SUBJECT, form, notification, sample, signed
from tests.braintree.stand_in import StandIn, served
from tests.braintree.wire import SETTINGS
from tests.running import eventually, running
from tests.stage import Offered

TEAM = Owner("team", "42")
STRANGER = replace(SETTINGS, private_key=Secret("another_key"))


def a_host(database_url: str, origin: str) -> Accrue:
    """Return an Accrue whose Braintree is the stand-in."""
    return Accrue(
        Settings(
            database_url=database_url,
            plugins_disabled=frozenset({"stripe", "fake", "braintree", "admin", "portal"}),
            poll_interval=timedelta(seconds=0.2),
        ),
        catalog=Catalog(Plan(key="pro", features={"reports"}, prices={"braintree": "pro_monthly"})),
        plugins=[Offered([BraintreeProcessor(replace(SETTINGS, api_base=origin))])],
    )


def post(origin: str, body: bytes) -> tuple[int, bytes]:
    """Post a body at the door; return status and body of the answer."""
    url = f"{origin}/webhooks/braintree"
    answer = httpx.post(url, content=body, headers=HEADERS, trust_env=False)
    return answer.status_code, answer.content


def send(
    origin: str, kind: str, *, about: str = SUBJECT, settings: BraintreeSettings = SETTINGS
) -> int:
    """Sign a notification, by default about the subscription, and post it; return the status."""
    now = datetime.fromtimestamp(time.time(), UTC)
    return post(origin, signed(notification(kind, about, at=now), settings))[0]


def test_a_signed_notification_changes_the_mirror_and_the_gate(prepared_database_url: str) -> None:
    pro = objects.subscription()
    things = [("customer", objects.customer()), ("credit_card", objects.card())]
    there = StandIn(lambda: [*things, ("subscription", pro)])
    with served(there) as braintree:
        accrue = a_host(prepared_database_url, braintree)
        with running(accrue) as origin:
            billing: BlockingBilling = accrue.blocking()
            assert not billing.entitled(TEAM, "reports")
            assert send(origin, "subscription_went_active", settings=STRANGER) == 400
            assert there.asked == []

            first = form(*sample("subscription_went_active", "sub_pro").values())
            assert post(origin, first) == (200, b'{"received":true,"duplicate":false}')
            assert post(origin, first) == (200, b'{"received":true,"duplicate":true}')
            eventually(lambda: billing.entitled(TEAM, "reports"))
            (mirrored,) = billing.subscriptions(TEAM)
            assert (mirrored.ref, mirrored.currency) == ("sub_pro", "usd")
            (invoice,) = billing.invoices(TEAM).items
            assert (invoice.ref, invoice.status) == ("sub_pro.2027-01-01", InvoiceStatus.PAID)
            assert invoice.subscription_id == mirrored.id

            declined = objects.sale(
                "c2", "processor_declined", period=objects.FEBRUARY, after=timedelta(days=31)
            )
            pro |= {"status": "Past Due", "transactions": [declined, objects.sale()]}
            pro |= {"billing_period_start_date": objects.FEBRUARY[0]}
            pro |= {"billing_period_end_date": objects.FEBRUARY[1]}
            assert send(origin, "subscription_charged_unsuccessfully") == 200
            eventually(lambda: not billing.entitled(TEAM, "reports"))
            assert billing.subscriptions(TEAM)[0].status == SubscriptionStatus.PAST_DUE
            statuses = {one.ref: one.status for one in billing.invoices(TEAM).items}
            assert statuses["sub_pro.2027-02-01"] == InvoiceStatus.OPEN

            pro["status"] = "A Word of 2028"
            assert send(origin, "subscription_went_past_due") == 200
            eventually(lambda: billing.webhook_deliveries(status="dead").items)
            assert billing.subscriptions(TEAM)[0].unreadable == "A Word of 2028"

            check = form(*sample("check", "").values())
            assert post(origin, check)[0] == 200
            entries = billing.timeline_for(billing.subscriptions(TEAM)[0].id).items
            assert [entry.type for entry in reversed(entries)] == [
                "subscription.started",
                "subscription.renewed",
                "subscription.past_due",
                "subscription.unreadable",
            ]
            assert all(entry.cause.startswith("webhook:sha256:") for entry in entries)
            assert billing.verify_ledger().is_intact


def test_a_customer_that_was_deleted_at_braintree_keeps_its_row(prepared_database_url: str) -> None:
    things = [("customer", objects.customer()), ("credit_card", objects.card())]
    things.append(("subscription", objects.subscription()))
    with served(StandIn(lambda: list(things))) as braintree:
        accrue = a_host(prepared_database_url, braintree)
        with running(accrue) as origin:
            billing: BlockingBilling = accrue.blocking()
            assert send(origin, "subscription_went_active") == 200
            eventually(lambda: billing.entitled(TEAM, "reports"))

            things[:] = [("subscription", objects.subscription(status="Canceled"))]
            assert send(origin, "subscription_canceled") == 200
            eventually(lambda: not billing.entitled(TEAM, "reports"))
            assert billing.subscriptions(TEAM)[0].status == SubscriptionStatus.CANCELED
            revoked = "<paypal-account><token>visa1</token></paypal-account>"
            assert send(origin, "payment_method_revoked_by_customer", about=revoked) == 200
            eventually(lambda: billing.webhook_deliveries(status="dead").items)

            (dead,) = billing.webhook_deliveries(status="dead").items
            assert str(dead.last_error).startswith("remote_missing")
            kept = billing.find_customer(TEAM)
            assert kept is not None
            assert (kept.ref, kept.gone_at, kept.unreadable) == ("team42", None, None)
