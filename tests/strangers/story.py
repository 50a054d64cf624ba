"""What an outside team's Python program does with Stripe, at the address that it is given.

``python -m tests.strangers.story http://127.0.0.1:12111`` prints, as JSON, what it saw. It uses the
official SDK and nothing of Accrue's. ``node/story.js`` does the same with the SDK for Node.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import stripe

from tests.strangers.receiver import PATIENCE, Receiver, receiving

JANUARY = 1_798_761_600
DAY = 86_400
MONTHS = (31, 28, 31, 30, 31, 30)
"""The days of the months from January 2027 on."""

Told = dict[str, Any]


class Team:
    """A team with an account, a receiver of webhooks, and one customer on a clock of its own."""

    def __init__(self, origin: str, receiver: Receiver) -> None:
        self.origin = origin
        self.v1 = self.client("sk_test_stranger")
        self.receiver = receiver
        self.clock = self.customer = self.subscription = ""
        self.cheap = self.dear = ""

    def live(self) -> Told:
        """Go through all of it, and tell."""
        return {
            "set_up": self.set_up(),
            "trial": self.trial(),
            "renewals": self.renewals(),
            "decline": self.decline(),
            "recovery": self.recovery(),
            "change": self.change(),
            "end": self.end(),
            "faults": self.faults(),
            "refusals": self.refusals(),
            "webhooks": self.webhooks(),
        }

    def set_up(self) -> Told:
        """Register for webhooks, offer two prices, and have a customer with a card."""
        endpoint = self.v1.webhook_endpoints.create(
            {"url": self.receiver.url, "enabled_events": ["*"]}
        )
        self.receiver.secret = endpoint.secret or ""
        product = self.v1.products.create({"name": "Reports"})
        self.cheap, self.dear = (self.price(product.id, minor) for minor in (1900, 4900))
        clock = self.v1.test_helpers.test_clocks.create({"frozen_time": JANUARY})
        self.clock = clock.id
        named: Any = {
            "email": "ann@person.example",
            "name": "Ann Ærlig",
            "test_clock": clock.id,
            "metadata": {"team": "7"},
        }
        made = self.v1.customers.create(named, {"idempotency_key": "sign-up-7"})
        again = self.v1.customers.create(named, {"idempotency_key": "sign-up-7"})
        self.customer = made.id
        self.give("pm_card_visa")
        found = self.v1.customers.retrieve(
            made.id, {"expand": ["invoice_settings.default_payment_method"]}
        )
        settings = found.invoice_settings
        card: Any = settings and settings.default_payment_method
        return {
            "created_once": made.id == again.id,
            "name": found.name,
            "metadata": found.metadata.to_dict() if found.metadata else None,
            "created": found.created,
            "card": card.card.last4,
            "live": found.livemode,
        }

    def trial(self) -> Told:
        """Subscribe with two weeks to try."""
        made = self.v1.subscriptions.create(
            {
                "customer": self.customer,
                "items": [{"price": self.cheap}],
                "trial_period_days": 14,
                "expand": ["latest_invoice"],
            }
        )
        self.subscription = made.id
        first: Any = made.latest_invoice
        return {
            "status": made.status,
            "trial_end": made.trial_end,
            "first_invoice": [first.status, first.total],
        }

    def renewals(self) -> list[list[Any]]:
        """Let the trial end, and three periods after it."""
        seen = []
        for number in range(4):
            self.advance(self.at(number))
            found = self.v1.subscriptions.retrieve(
                self.subscription, {"expand": ["latest_invoice"]}
            )
            invoice: Any = found.latest_invoice
            end = found["items"].data[0].current_period_end
            seen.append([found.status, invoice.billing_reason, invoice.total, invoice.status, end])
        return seen

    def decline(self) -> Told:
        """Have a card that can be kept and not charged when the fourth renewal comes."""
        self.give("pm_card_chargeCustomerFail")
        self.advance(self.at(4))
        found = self.v1.subscriptions.retrieve(self.subscription)
        owed = str(found.latest_invoice)
        refused = refusal(lambda: self.v1.invoices.pay(owed))
        body: Any = refused.json_body
        invoice = self.v1.invoices.retrieve(owed)
        return {
            "status": found.status,
            "refused": [*named(refused), body["error"]["decline_code"]],
            "invoice": [invoice.status, invoice.amount_remaining],
        }

    def recovery(self) -> Told:
        """Pay what is owed with another card."""
        self.give("pm_card_mastercard")
        found = self.v1.subscriptions.retrieve(self.subscription)
        paid = self.v1.invoices.pay(str(found.latest_invoice))
        after = self.v1.subscriptions.retrieve(self.subscription)
        return {"invoice": [paid.status, paid.amount_paid], "status": after.status}

    def change(self) -> Told:
        """Take the dearer plan in the middle of a period, after a look at what it costs."""
        found = self.v1.subscriptions.retrieve(self.subscription)
        item = found["items"].data[0]
        middle = (item.current_period_start + item.current_period_end) // 2
        self.advance(middle)
        wanted: Any = {
            "items": [{"id": item.id, "price": self.dear}],
            "proration_behavior": "always_invoice",
            "proration_date": middle,
        }
        preview = self.v1.invoices.create_preview(
            {"subscription": self.subscription, "subscription_details": wanted}
        )
        wanted["expand"] = ["latest_invoice"]
        changed = self.v1.subscriptions.update(self.subscription, wanted)
        invoice: Any = changed.latest_invoice
        return {
            "preview": preview.total,
            "invoice": [invoice.status, invoice.total],
            "lines": [line.amount for line in invoice.lines.data],
            "price": changed["items"].data[0].price.unit_amount,
        }

    def end(self) -> Told:
        """Cancel, and let the period that is paid for run out."""
        ending = self.v1.subscriptions.update(self.subscription, {"cancel_at_period_end": True})
        until = ending["items"].data[0].current_period_end
        self.advance(until + 60)
        after = self.v1.subscriptions.retrieve(self.subscription)
        return {
            "before": [ending.status, ending.cancel_at_period_end],
            "until": until,
            "after": [after.status, after.ended_at],
        }

    def faults(self) -> Told:
        """Order a busy server, a broken one, and an answer that is lost after the deed.

        The SDK asks again by itself where it can; where it cannot tell, the team does, with the
        same key.
        """
        bob, eve = {"email": "bob@person.example"}, {"email": "eve@person.example"}
        self.order("limit_next_call", retry_after=0, call="customers.create")
        self.order("fail_next_call", call="customers.create")
        self.v1.customers.create(bob)
        self.order("lose_next_answer", when="after", call="customers.create")
        for _ in range(2):
            with suppress(stripe.StripeError):
                self.v1.customers.create(eve, {"idempotency_key": "sign-up-8"})
        found = [self.v1.customers.list(one).data for one in (bob, eve)]
        return {"created": [len(one) for one in found]}

    def refusals(self) -> Told:
        """Ask for what is wrong, for what there is not, and for what the server does not play."""
        nobody = self.client("nonsense")
        v1, fee = self.v1, {"application_fee_percent": 5}
        asked: dict[str, Callable[[], object]] = {
            "key": lambda: nobody.customers.list(),
            "missing": lambda: v1.customers.retrieve("cus_nobody"),
            "unknown": lambda: v1.customers.create({"colour": "red"}),
            "unplayed_route": lambda: v1.refunds.list(),
            "unplayed_parameter": lambda: v1.subscriptions.update(self.subscription, fee),
            "other_words": lambda: v1.customers.create(
                {"name": "Bob"}, {"idempotency_key": "sign-up-7"}
            ),
        }
        return {name: named(refusal(ask)) for name, ask in asked.items()}

    def webhooks(self) -> Told:
        """Compare what arrived with what the account says has happened; try a forged one."""
        listed = self.v1.events.list({"limit": 10}).auto_paging_iter()
        happened = [event.id for event in listed][::-1]
        self.receiver.wait_for(len(happened))
        taken = self.receiver.events
        body, signature = self.receiver.last
        refused_before = self.receiver.refused
        forged = self.receiver.take(body.replace(b'"object"', b'"objekt"', 1), signature)
        return {
            "in_order_and_once": [event.id for event in taken] == happened,
            "refused": refused_before,
            "forged": forged,
            "versions": sorted({str(event.api_version) for event in taken}),
            "types": dict(sorted(Counter(event.type for event in taken).items())),
        }

    def client(self, key: str) -> Any:
        """Point the SDK at the server, and nowhere else."""
        return stripe.StripeClient(
            key, base_addresses={"api": self.origin}, max_network_retries=2
        ).v1

    def order(self, fault: str, **how: object) -> None:
        """Ask for a fault where no API of Stripe's offers one."""
        question = json.dumps(["scenarios", fault, how]).encode()
        line = HTTPConnection(urlsplit(self.origin).netloc, timeout=PATIENCE)
        line.request("POST", "/_fake/call", question, {"authorization": "Bearer sk_test_stranger"})
        with closing(line), line.getresponse() as answer:
            assert json.load(answer) == {"result": None}

    def price(self, product: str, minor: int) -> str:
        """Offer a product for so much a month."""
        made = self.v1.prices.create(
            {
                "product": product,
                "currency": "usd",
                "unit_amount": minor,
                "recurring": {"interval": "month"},
            }
        )
        return str(made.id)

    def give(self, card: str) -> None:
        """Attach a card, and have it charged from now on."""
        kept = self.v1.payment_methods.attach(card, {"customer": self.customer})
        chosen = {"invoice_settings": {"default_payment_method": kept.id}}
        self.v1.customers.update(self.customer, chosen)

    def at(self, renewal: int) -> int:
        """Return the moment just after the trial's end (0) or a renewal."""
        return JANUARY + (14 + sum(MONTHS[:renewal])) * DAY + 60

    def advance(self, to: int) -> None:
        """Let time pass, and wait until it has, as one does with Stripe."""
        clocks = self.v1.test_helpers.test_clocks
        clocks.advance(self.clock, {"frozen_time": to})
        deadline = time.monotonic() + PATIENCE
        while clocks.retrieve(self.clock).status != "ready":
            if time.monotonic() > deadline:
                raise TimeoutError("the clock does not get there")
            time.sleep(0.1)


def refusal(ask: Callable[[], object]) -> stripe.StripeError:
    """Return the error that the SDK raises."""
    try:
        ask()
    except stripe.StripeError as refused:
        return refused
    raise AssertionError("this was to be refused")


def named(refused: stripe.StripeError) -> list[Any]:
    """Return what kind of error it is."""
    return [type(refused).__name__, refused.http_status, refused.code]


def main(origin: str) -> None:
    """Live it, and print it."""
    stripe.enable_telemetry = False
    with receiving() as receiver:
        print(json.dumps(Team(origin, receiver).live(), indent=2))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
