"""An account in Stripe's test mode: how it is reached, what is put into it, and how it is left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import stripe

from accrue_core.contracts.customers import OWNER_ID_METADATA
from accrue_core.errors import ConfigurationError
from accrue_core.ids import TimeOrderedIds, to_text
from accrue_core.money import Money
from accrue_core.settings import Secret
from accrue_stripe.settings import STRIPE_API_BASE, StripeSettings
from accrue_stripe.transport import Transport, connect
from tests.stripe.asking import SECRET as SIGNING

KEY = "ACCRUE_TEST_STRIPE_KEY"
"""The variable with a key of Stripe's test mode: ``sk_test_...`` or ``rk_test_...``."""

BASE = "ACCRUE_TEST_STRIPE_BASE"
"""The variable with the origin of a stand-in on this machine, to try the lane itself."""

MOST_REQUESTS = 4000
MOST_SECONDS = 45 * 60.0
TEN_DOLLARS = Money(1000, "usd")

_OURS = "accrue-contract"
_STALE = timedelta(hours=2)
_PRICES = {"ten": (1, "month"), "twenty": (2, "month"), "yearly": (10, "year")}


def account_from(environ: Mapping[str, str]) -> StripeSettings | None:
    """Return the account to work in; nothing, if no key is given.

    Raises ``ConfigurationError`` for whatever is no key of the test mode, before anything is sent.
    """
    key = environ.get(KEY, "").strip()
    if not key:
        return None
    account = StripeSettings(
        api_key=Secret(key),
        api_base=environ.get(BASE, "").strip() or STRIPE_API_BASE,
        webhook_secrets=(Secret(SIGNING),),
        livemode=False,
        retries=0,
    )
    if account.api_base != STRIPE_API_BASE and not account.is_loopback:
        raise ConfigurationError(f"{BASE} is an origin on this machine, or is not set")
    return account


class TooMuch(Exception):
    """The lane has sent more than it ever should: something in it goes round in circles."""


class Line(httpx.AsyncBaseTransport):
    """The way to Stripe: at most so many requests, at the pace it asks for.

    ``loses_next`` lets one request that changes something be carried out, and its answer be lost.
    """

    def __init__(self, spent: Spent) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self._spent = spent
        self.loses_next = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for wait in (1.0, 2.0, 4.0, 8.0, None):
            self._spent.one_more()
            answer = await self._inner.handle_async_request(request)
            if answer.status_code != 429 or wait is None:
                break
            await answer.aclose()
            await asyncio.sleep(wait)
        if self.loses_next and request.method != "GET":
            self.loses_next = False
            await answer.aclose()
            raise httpx.ReadError("the answer was lost", request=request)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass
class Spent:
    """What a run has used of its allowance."""

    requests: int = 0
    began_at: float = field(default_factory=time.monotonic)

    def one_more(self) -> None:
        """Count a request; raise ``TooMuch`` where that is one too many."""
        self.requests += 1
        if self.requests > MOST_REQUESTS or time.monotonic() - self.began_at > MOST_SECONDS:
            raise TooMuch(f"{self.requests} requests in {time.monotonic() - self.began_at:.0f} s")


@dataclass(frozen=True, kw_only=True)
class Furniture:
    """What every test of a run finds in the account."""

    run: str
    made_at: int
    prices: Mapping[str, str]
    coupon: str
    coupon_once: str


@asynccontextmanager
async def asking(
    account: StripeSettings, spent: Spent
) -> AsyncIterator[tuple[stripe.StripeClient, httpx.AsyncClient, Line]]:
    """Return the SDK's client over a line of its own, and what it is made of."""
    line = Line(spent)
    async with httpx.AsyncClient(transport=line, timeout=30.0) as client:
        yield connect(account, Transport(account, client)), client, line


async def furnish(account: StripeSettings, spent: Spent) -> Furniture:
    """Put prices and coupons into the account; prices stay, to be found by the next run."""
    run = f"{_OURS}-{to_text('run', TimeOrderedIds().new())}"
    async with asking(account, spent) as (sdk, _, _):
        await _sweep(sdk)
        half: Any = {"percent_off": 50, "duration": "forever", "id": f"{run}-half"}
        once: Any = {"percent_off": 50, "duration": "once", "id": f"{run}-once"}
        for coupon in (half, once):
            await sdk.v1.coupons.create_async(coupon)
        return Furniture(
            run=run,
            made_at=int(time.time()) - 300,
            prices=await _prices(sdk),
            coupon=str(half["id"]),
            coupon_once=str(once["id"]),
        )


async def tidy(account: StripeSettings, furniture: Furniture) -> list[str]:
    """Take away what the run has made besides its clocks; return what could not be taken away."""
    left: list[str] = []

    async def take_away(ref: str, asked: Awaitable[object]) -> None:
        try:
            await asked
        except stripe.StripeError as error:
            left.append(f"{ref} ({type(error).__name__})")

    async with asking(account, Spent()) as (sdk, _, _):
        for coupon in (furniture.coupon, furniture.coupon_once):
            await take_away(coupon, sdk.v1.coupons.delete_async(coupon))
        page = await sdk.v1.customers.list_async(
            {"limit": 100, "created": {"gte": furniture.made_at}}
        )
        for one in [one async for one in page.auto_paging_iter()]:
            if str(one.to_dict()["metadata"].get(OWNER_ID_METADATA)).startswith(furniture.run):
                await take_away(one.id, sdk.v1.customers.delete_async(one.id))
    return left


async def _prices(sdk: stripe.StripeClient) -> dict[str, str]:
    keys = {f"{_OURS}-{name}": name for name in _PRICES}
    asked: Any = {"lookup_keys": list(keys), "active": True, "limit": 100}
    there = await sdk.v1.prices.list_async(asked)
    found = {keys[str(one.lookup_key)]: one.id for one in there.data}
    if len(found) < len(_PRICES):
        product = await sdk.v1.products.create_async({"name": "Accrue contract"})
        for name in _PRICES.keys() - found.keys():
            times, interval = _PRICES[name]
            wanted: Any = {
                "product": product.id,
                "currency": TEN_DOLLARS.currency,
                "unit_amount": TEN_DOLLARS.minor * times,
                "recurring": {"interval": interval},
                "lookup_key": f"{_OURS}-{name}",
            }
            found[name] = (await sdk.v1.prices.create_async(wanted)).id
    return found


async def _sweep(sdk: stripe.StripeClient) -> None:
    """Take away what killed runs have left: an account has a hundred clocks and no more."""
    long_ago = time.time() - _STALE.total_seconds()
    clocks = await sdk.v1.test_helpers.test_clocks.list_async({"limit": 100})
    async for clock in clocks.auto_paging_iter():
        if (clock.name or "").startswith(_OURS) and clock.created < long_ago:
            await sdk.v1.test_helpers.test_clocks.delete_async(clock.id)
    coupons = await sdk.v1.coupons.list_async({"limit": 100})
    async for coupon in coupons.auto_paging_iter():
        if coupon.id.startswith(_OURS) and coupon.created < long_ago:
            await sdk.v1.coupons.delete_async(coupon.id)
