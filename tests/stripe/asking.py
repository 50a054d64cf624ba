"""A processor in front of the stand-in account, and what contract suites need to know of it."""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import Answer
from accrue_core.money import Money
from accrue_core.settings import Secret
from accrue_core.testing.contracts.bench import Bench
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.send_event import event

SECRET = "whsec_account"  # noqa: S105
SETTINGS = StripeSettings(
    api_key=Secret("sk_test_account"),
    webhook_secrets=(Secret(SECRET),),
    request_timeout=10.0,
    retries=0,
)
"""Nothing is sent twice, so that whatever goes wrong is seen at once."""

PRICE, OTHER_PRICE = "price_Ten", "price_Twenty"
YEARLY_PRICE = "price_Hundred"
HALF, HALF_ONCE = "half", "half_once"
GOOD, DECLINED, ASKING = "pm_Good", "pm_Declined", "pm_Asking"
TEN_DOLLARS = Money(1000, "usd")


def furnished() -> Account:
    """Return an account with prices, coupons, and a card of each kind that nobody has yet."""
    account = Account()
    account.add_price(PRICE, TEN_DOLLARS.minor)
    account.add_price(OTHER_PRICE, 2 * TEN_DOLLARS.minor)
    account.add_price(YEARLY_PRICE, 10 * TEN_DOLLARS.minor, interval="year")
    account.add_coupon(HALF, 50)
    account.add_coupon(HALF_ONCE, 50, duration="once")
    account.add_card(GOOD, "pays")
    account.add_card(DECLINED, "is declined")
    account.add_card(ASKING, "asks its customer")
    return account


@asynccontextmanager
async def asking(
    account: Account, settings: StripeSettings = SETTINGS
) -> AsyncIterator[StripeProcessor]:
    """Return a processor that the account answers in process; fail if it was asked wrongly."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(account)) as client:
        yield StripeProcessor(settings, client, clock=_Standing(account))
    assert account.complaints == []


class _Standing:
    """The account's own time."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._account.now, UTC)


class StripeBench(Bench):
    """A bench whose customers have an address: Stripe sends invoices to nobody without one."""

    async def customer(self, processor: Processor) -> str:
        """Return the ref of a new customer."""
        request = CreateCustomer(owner=self.owner(), email="payer@person.example")
        answer = await processor.customers.create(request, key=self.key())
        return str(answer.main.ref)


def bench_of(account: Account) -> StripeBench:
    """Return the bench of an account."""

    async def lose_next_answer() -> None:
        account.faults.append(Fault(httpx.ReadError("reset"), is_done=True))

    async def delete_customer(ref: str) -> None:
        account.delete_customer(ref)

    async def pass_time(moment: datetime) -> None:
        account.pass_time(int(moment.timestamp()))

    async def complete_checkout(opened: Answer) -> None:
        account.complete_checkout(opened.main.ref)

    return StripeBench(
        price=PRICE,
        other_price=OTHER_PRICE,
        yearly_price=YEARLY_PRICE,
        amount=TEN_DOLLARS,
        good_payment_method=GOOD,
        declined_payment_method=DECLINED,
        authenticating_payment_method=ASKING,
        now=lambda: datetime.fromtimestamp(account.now, UTC),
        event_body=event_body,
        sign=sign,
        lose_next_answer=lose_next_answer,
        delete_customer=delete_customer,
        complete_checkout=complete_checkout,
        pass_time=pass_time,
        coupon=HALF,
        coupon_once=HALF_ONCE,
    )


def sent(account: Account) -> list[tuple[str, str, dict[str, str]]]:
    """Return what was sent: where, under which key, and the parameters."""
    return [(f"{one.method} {one.path}", one.key, one.values) for one in account.asked]


def event_body(noun: str, ref: str) -> bytes:
    """Return an event about a thing, as Stripe writes it."""
    type_ = {"subscription": "customer.subscription"}.get(noun, noun)
    about = {"object": noun, "id": ref}
    return json.dumps(event(f"{type_}.updated", about, ref="evt_1", created=1_798_761_600)).encode()


def sign(body: bytes, now: datetime) -> Mapping[str, str]:
    """Return the headers with which Stripe would send some bytes; its SDK signs only text."""
    at = int(now.timestamp())
    signature = hmac.new(SECRET.encode(), b"%d.%b" % (at, body), "sha256").hexdigest()
    return {"stripe-signature": f"t={at},v1={signature}"}
