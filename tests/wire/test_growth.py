"""The thousandth customer of a Stripe server costs what the first one did: counted, not timed."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from accrue_fake import Engine
from accrue_fake.engine.addresses import Kind
from accrue_fake.wire.stripe import account, hosted, status
from accrue_fake.wire.stripe.app import create_stripe_app
from accrue_fake.wire.stripe.finding import MOST
from accrue_fake.wire.stripe.listing import Row, page
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import Refused
from tests.fake.test_growth import calls_of

FEW, MANY = 60, 400
MORE = 100
"""How many calls more are few: a search in a sorted list, or a turn of the garbage collector, which
somebody listens to; but not one for each customer."""

CUSTOMERS = "/v1/customers"
Json = dict[str, Any]


class Market:
    """A server to which more and more customers come, and subscribe at once."""

    def __init__(self) -> None:
        self.server = create_stripe_app(Engine())
        self.number = 0
        self.do("POST", "/v1/products", {"id": "p", "name": "P"})
        price = {"product": "p", "currency": "usd", "unit_amount": "900"}
        asked = {**price, "recurring": {"interval": "month"}}
        self.price = self.do("POST", "/v1/prices", asked)["id"]

    def do(self, method: str, path: str, values: Json | None = None) -> Json:
        status_, document = self.server.do(method, path, values or {})
        assert status_ == 200, document
        return document

    def pair(self) -> None:
        """Let one more customer subscribe. All refs are of one length."""
        self.number += 1
        name = f"{self.number:05d}"
        asked: Json = {"email": f"{name}@person.example", "payment_method": "pm_card_visa"}
        customer = self.do("POST", CUSTOMERS, {**asked, "metadata": {"name": name}})["id"]
        asked = {"customer": customer, "items": [{"price": self.price}]}
        self.do("POST", "/v1/subscriptions", asked)

    def grow(self, size: int) -> Market:
        while self.number < size:
            self.pair()
        return self


def visited(market: Market, kind: Kind, ref: str) -> None:
    """Look at a page of the server."""
    engine = market.server.engine
    shown = hosted.answer(engine, f"/{kind}/{engine.addresses.token(kind, ref)}", b"")
    assert shown.status == 200


Ask = Callable[[Market, int], object]
ASKED: dict[str, Ask] = {
    "create": lambda market, _: market.do("POST", CUSTOMERS, {"name": "new"}),
    "subscribe": lambda market, _: market.pair(),
    "retrieve": lambda market, n: market.do(
        "GET", f"/v1/subscriptions/sub_fake_{n:05d}", {"expand": ["customer", "latest_invoice"]}
    ),
    "update": lambda market, n: market.do(
        "POST", f"{CUSTOMERS}/cus_fake_{n:05d}", {"phone": str(market.number)}
    ),
    "cancel": lambda market, n: market.do("DELETE", f"/v1/subscriptions/sub_fake_{n:05d}"),
    "first page": lambda market, _: market.do("GET", CUSTOMERS),
    "of a customer": lambda market, n: market.do(
        "GET", "/v1/invoices", {"customer": f"cus_fake_{n:05d}"}
    ),
    "customers in the middle": lambda market, n: market.do(
        "GET", CUSTOMERS, {"starting_after": f"cus_fake_{n:05d}"}
    ),
    "customers before the middle": lambda market, n: market.do(
        "GET", CUSTOMERS, {"ending_before": f"cus_fake_{n:05d}"}
    ),
    "subscriptions in the middle": lambda market, n: market.do(
        "GET", "/v1/subscriptions", {"starting_after": f"sub_fake_{n:05d}"}
    ),
    "invoices in the middle": lambda market, n: market.do(
        "GET", "/v1/invoices", {"starting_after": f"in_fake_{n:05d}"}
    ),
    "payments of a customer": lambda market, n: market.do(
        "GET", "/v1/payment_intents", {"customer": f"cus_fake_{n:05d}"}
    ),
    "customers by email": lambda market, n: market.do(
        "GET", CUSTOMERS, {"email": f"{n:05d}@person.example"}
    ),
    "search an invoice": lambda market, n: market.do(
        "GET", "/v1/invoices/search", {"query": f"customer:'cus_fake_{n:05d}'"}
    ),
    "events": lambda market, _: market.do("GET", "/v1/events"),
    "search by email": lambda market, n: market.do(
        "GET", f"{CUSTOMERS}/search", {"query": f"email:'{n:05d}@person.example'"}
    ),
    "search by metadata": lambda market, n: market.do(
        "GET", f"{CUSTOMERS}/search", {"query": f"metadata['name']:'{n:05d}'"}
    ),
    "page of an invoice": lambda market, n: visited(market, "invoices", f"in_fake_{n:05d}"),
    "page of a bank": lambda market, n: visited(market, "authenticate", f"pi_fake_{n:05d}"),
    "no such page": lambda market, _: hosted.answer(market.server.engine, "/invoices/none_1", b""),
    "status page": lambda market, _: status.page(market.server.engine, market.server.account),
}


@pytest.fixture(scope="module")
def few() -> Market:
    return Market().grow(FEW)


@pytest.fixture(scope="module")
def many() -> Market:
    return Market().grow(MANY)


def counted(ask: Ask, market: Market) -> Counter[str]:
    """Count the calls of the second time: the first one may make an index."""
    ask(market, market.number // 2 - 1)
    return calls_of(lambda: ask(market, market.number // 2))


@pytest.mark.parametrize("what", ASKED)
def test_it_takes_the_same_calls_among_few_and_among_many(
    what: str, few: Market, many: Market
) -> None:
    among_few, among_many = (counted(ASKED[what], market) for market in (few, many))

    more = among_many - among_few
    assert more.total() < MORE, more.most_common(5)


def listed(market: Market, **params: str) -> Json:
    customers = market.server.engine.books.customers
    row = Row(customers, lambda ref: not customers[ref].is_deleted)
    return page(Params(params), CUSTOMERS, row, lambda ref: {"id": ref})


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_a_page_in_the_middle_takes_as_many_calls_as_any(
    cursor: str, few: Market, many: Market
) -> None:
    def calls(market: Market) -> int:
        middle = f"cus_fake_{market.number // 2:05d}"
        return calls_of(lambda: listed(market, **{cursor: middle})).total()

    assert calls(many) - calls(few) < MORE


def test_a_row_is_turned_over_page_by_page_without_what_is_gone() -> None:
    market = Market().grow(9)
    for number in (4, 7):
        market.do("DELETE", f"{CUSTOMERS}/cus_fake_{number:05d}")

    whole = [one["id"] for one in listed(market)["data"]]
    forth: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        shown = listed(market, limit="2", **cursor)
        forth += [one["id"] for one in shown["data"]]
        cursor = {"starting_after": forth[-1]}
        if not shown["has_more"]:
            break
    back = listed(market, limit="3", ending_before=whole[5])

    assert forth == whole == [f"cus_fake_{number:05d}" for number in (9, 8, 6, 5, 3, 2, 1)]
    assert [one["id"] for one in back["data"]] == whole[2:5]
    assert back["has_more"] is True
    assert listed(market, ending_before=whole[2])["has_more"] is False
    assert listed(market, starting_after="cus_fake_00004")["data"] == [
        {"id": one} for one in whole[4:]
    ]
    for gone in ("cus_fake_00099", "nonsense"):
        with pytest.raises(Refused):
            listed(market, starting_after=gone)


def test_an_index_knows_what_has_a_value_now_and_nothing_else() -> None:
    market = Market().grow(6)

    def found(query: str, **more: str) -> list[str]:
        asked = {"query": query, **more}
        return [one["id"] for one in market.do("GET", f"{CUSTOMERS}/search", asked)["data"]]

    first = f"{CUSTOMERS}/cus_fake_00001"
    assert found("metadata['name']:'00001'") == ["cus_fake_00001"]
    assert found("email:'00003@PERSON.example'") == ["cus_fake_00003"]
    market.do("POST", first, {"metadata": {"name": "00002"}, "email": "00003@person.example"})
    market.do("POST", CUSTOMERS, {"metadata": {"name": "00002"}})
    market.do("DELETE", f"{CUSTOMERS}/cus_fake_00003")

    same = ["cus_fake_00007", "cus_fake_00002", "cus_fake_00001"]
    assert found("metadata['name']:'00001'") == []
    assert found("metadata['name']:'00002'") == same
    assert found("metadata['name']:'00002' AND -email:'00002@person.example'") == same[::2]
    assert found("email:'00003@person.example'") == ["cus_fake_00001"]
    assert found("metadata['name']:'00001' OR metadata['name']:'00002'") == same
    assert found("metadata['name']:'00002'", limit="1") == same[:1]
    assert found("metadata['name']:'00002'", limit="2", page=f"page_{same[0]}") == same[1:]


def test_so_many_keys_as_anybody_likes_are_searched() -> None:
    market = Market().grow(2)
    for number in range(2 * MOST):
        market.do("GET", f"{CUSTOMERS}/search", {"query": f"metadata['k{number}']:'v'"})

    assert len(market.server.desk.finding) == MOST


def test_a_customer_with_a_subscription_leaves_a_few_kilobytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(account, "MOST_EVENTS", 50)
    market = Market().grow(20)
    tracemalloc.start()
    market.grow(30)
    before, _ = tracemalloc.get_traced_memory()
    market.grow(60)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (after - before) / 30 < 10_000
    told = market.server.account.told
    assert sum(map(len, told.values())) / len(told) < 200


def test_the_status_page_shows_the_latest_and_stays_small(many: Market, few: Market) -> None:
    def size(market: Market) -> int:
        return len(status.page(market.server.engine, market.server.account))

    assert size(many) < 1.2 * size(few) < 40_000
    newest = next(reversed(many.server.account.events))
    shown = status.page(many.server.engine, many.server.account).decode()
    assert newest in shown
    assert f"<td>{len(many.server.account.events):,}</td>" in shown
