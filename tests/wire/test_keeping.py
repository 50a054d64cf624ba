"""A served account whose process is killed at any instant is the same account afterwards."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrue_core.errors import ConfigurationError
from accrue_fake.wire.stripe import served
from accrue_fake.wire.stripe.app import StripeServer
from accrue_fake.wire.stripe.keeping import FEWEST
from accrue_fake.wire.stripe.routes import DEEDS
from accrue_fake.wire.stripe.served import Served
from tests.wire.test_anything import TAKES, fitting, refs_in, value

KEY = "sk_test_somebody"
STEPS: list[dict[str, Any]] = [
    {"post": "/v1/products", "with": {"id": "p", "name": "P"}},
    {
        "post": "/v1/prices",
        "id": "price_month",
        "with": {
            "product": "p",
            "currency": "usd",
            "unit_amount": 900,
            "recurring": {"interval": "month"},
        },
    },
    {"post": "/v1/customers", "with": {"payment_method": "pm_card_visa"}, "as": "ann"},
    {
        "post": "/v1/subscriptions",
        "with": {"customer": "$ann", "items": [{"price": "price_month"}]},
    },
    {
        "post": "/v1/webhook_endpoints",
        "secret": "whsec_kept",
        "with": {"url": "https://app.example/hooks", "enabled_events": ["*"]},
    },
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


class Shop:
    """A served account with its books in a folder, and somebody who takes its webhooks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_down = False
        self.taken: list[str] = []
        (folder / "seed.json").write_text(json.dumps(STEPS))
        self.start()

    def start(self, origin: str = "http://127.0.0.1:1") -> None:
        """Start it on what is in the folder."""
        self.served = opened(self.folder, origin)
        self.served.server.courier.post = self.post

    @property
    def server(self) -> StripeServer:
        return self.served.server

    async def post(self, url: str, headers: Any, body: bytes) -> int:
        await asyncio.sleep(0)
        if self.is_down:
            raise ConnectionRefusedError
        self.taken.append(str(json.loads(body)["id"]))
        return 200

    async def ask(
        self, method: str, path: str, values: Any = (), *, key: str | None = None
    ) -> tuple[int, Any]:
        """Make one request; the status is 0 where the connection broke."""
        form = urlencode(list(flat(dict(values)))).encode()
        headers = [(b"authorization", f"Bearer {KEY}".encode()), (b"x-noise", b"of the line")]
        headers += [] if key is None else [(b"idempotency-key", key.encode())]
        query = form if method == "GET" else b""
        scope = {"type": "http", "method": method, "path": path, "query_string": query}
        told: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"" if method == "GET" else form}

        async def send(message: Any) -> None:
            told.append(message)

        await self.served({**scope, "headers": headers}, receive, send)
        is_whole = len(told) > 1
        return (told[0]["status"], json.loads(told[1]["body"])) if is_whole else (0, None)

    async def made(self, path: str, values: Any = (), *, key: str | None = None) -> Any:
        status, document = await self.ask("POST", path, values, key=key)
        assert status == 200, document
        return document


def opened(folder: Path, origin: str) -> Served:
    """Return what a process is that starts on a folder."""
    said = served.environment(
        books=folder / "books", seed_file=folder / "seed.json", seed=3, start="2026-12-31"
    )
    return served.create({**said, "ACCRUE_FAKE_STRIPE_ORIGIN": origin})


def flat(values: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Write values as a form has them."""
    named = enumerate(values) if isinstance(values, list) else values.items()
    for name, one in named:
        path = f"{at}[{name}]" if at else str(name)
        if isinstance(one, dict | list):
            yield from flat(one, path)
        else:
            yield path, str(one)


def written(server: StripeServer) -> tuple[Any, ...]:
    """Return all that is kept, but how often somebody only looked."""
    account = json.loads(server.account.dump())
    for name in ("noted", "pages", "requests"):
        del account[name]
    account["numbers"].pop("req", None)
    return account, server.engine.dump()


def after_a_kill(shop: Shop) -> tuple[Any, ...]:
    """Return what a process would find that starts now, as if the first one were dead."""
    with TemporaryDirectory() as name:
        for path in shop.folder.iterdir():
            shutil.copy(path, name)
        return written(opened(Path(name), "http://127.0.0.1:2").server)


async def test_what_was_done_is_done_again(folder: Path) -> None:
    shop = Shop(folder)
    ann = {"name": "Ann é", "metadata": {"k": "v"}}
    await shop.ask("GET", "/v1/customers")
    shop.served.ask("engine", "advance", {"delta": timedelta(days=40)})
    customer = await shop.made("/v1/customers", ann, key="c")
    await shop.made(f"/v1/customers/{customer['id']}", {"phone": "1"})
    await shop.server.deliver()
    shop.is_down = True
    await shop.ask("DELETE", "/v1/subscriptions/sub_fake_00001")
    await shop.server.deliver()
    before = written(shop.server)

    assert after_a_kill(shop) == before
    shop.start("http://127.0.0.1:2")

    assert written(shop.server) == before
    assert await shop.made("/v1/customers", ann, key="c") == customer
    assert (await shop.ask("POST", "/v1/customers", {"name": "Bob"}, key="c"))[0] == 400


async def test_what_is_owed_is_posted_after_a_kill_and_what_was_taken_is_not(folder: Path) -> None:
    shop = Shop(folder)
    await shop.made("/v1/customers")
    await shop.server.deliver()
    assert len(shop.taken) == len(set(shop.taken)) == 1
    shop.is_down = True
    await shop.made("/v1/customers")
    await shop.server.deliver()
    shop.is_down = False

    shop.start()
    shop.served.ask("engine", "advance", {"delta": timedelta(hours=1)})
    await shop.server.deliver()

    assert len(shop.taken) == len(set(shop.taken)) == 2
    assert [one.attempt for one in shop.server.account.attempts] == [1, 1, 2]


async def test_requests_side_by_side_are_done_again_in_the_order_of_their_deeds(
    folder: Path,
) -> None:
    shop = Shop(folder)
    slow = {"by": timedelta(seconds=0.05), "call": "customers.create"}
    shop.served.ask("scenarios", "slow_next_call", slow)
    first = asyncio.create_task(shop.made("/v1/customers", {"name": "first"}, key="a"))
    await asyncio.sleep(0)
    in_flight, _ = await shop.ask("POST", "/v1/customers", {"name": "first"}, key="a")
    second = await shop.made("/v1/customers", {"name": "second"})
    made = await first

    assert in_flight == 409
    assert made["id"] > second["id"]
    assert after_a_kill(shop) == written(shop.server)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_answer_that_was_lost_stays_lost(folder: Path, when: str) -> None:
    shop = Shop(folder)
    shop.served.ask("scenarios", "lose_next_answer", {"when": when})
    shop.served.ask("scenarios", "limit_next_call", {"call": "customers.list"})

    assert (await shop.ask("POST", "/v1/customers", key="k"))[0] == 0
    assert (await shop.ask("GET", "/v1/customers"))[0] == 429

    assert shop.server.engine.scenarios.is_quiet
    assert after_a_kill(shop) == written(shop.server)


async def test_a_failure_that_was_ordered_is_kept_with_its_key(folder: Path) -> None:
    shop = Shop(folder)
    shop.served.ask("faults", "fail_next_answer", {"call": "customers.create"})
    shop.served.ask("faults", "break_next_body", {})
    assert (await shop.ask("POST", "/v1/customers", key="k"))[0] == 500

    shop.start()

    assert (await shop.ask("POST", "/v1/customers", key="k"))[0] == 500
    assert shop.server.faults.on_the_way("customers.create") is None


async def test_pages_are_posted_again(folder: Path) -> None:
    shop = Shop(folder)
    customer = await shop.made("/v1/customers")
    session = await shop.made(
        "/v1/checkout/sessions",
        {
            "mode": "subscription",
            "customer": customer["id"],
            "line_items": [{"price": "price_month", "quantity": 1}],
            "success_url": "https://shop.example/thanks",
        },
    )
    path = session["url"].removeprefix("http://127.0.0.1:1")
    await turn(shop, path)

    assert after_a_kill(shop) == written(shop.server)
    assert len(shop.server.engine.books.subscriptions) == 2


async def turn(shop: Shop, path: str) -> None:
    """Fill in a page's form."""
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"card=pm_card_visa"}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": []}
    await shop.served(scope, receive, send)
    assert told[0]["status"] == 303


async def test_a_line_that_was_torn_was_never_answered(folder: Path) -> None:
    shop = Shop(folder)
    await shop.made("/v1/customers")
    before = written(shop.server)
    await shop.made("/v1/customers")
    journal = folder / "books.journal"
    journal.write_bytes(journal.read_bytes()[:-1])

    assert after_a_kill(shop) == before


async def test_a_kill_between_snapshot_and_journal_does_nothing_twice(folder: Path) -> None:
    shop = Shop(folder)
    await shop.made("/v1/customers")
    lines = (folder / "books.journal").read_bytes()
    shop.served.save()
    (folder / "books.journal").write_bytes(lines)

    assert after_a_kill(shop) == written(shop.server)


async def test_who_deletes_the_books_begins_anew(folder: Path) -> None:
    shop = Shop(folder)
    await shop.made("/v1/customers")
    (folder / "books").unlink()

    shop.start()

    assert list(shop.server.engine.books.customers) == ["cus_fake_00001"]


async def test_a_journal_that_is_not_one_is_refused(folder: Path) -> None:
    Shop(folder)
    (folder / "books.journal").write_bytes(b"nonsense\n")

    with pytest.raises(ConfigurationError):
        opened(folder, "http://127.0.0.1:2")


async def test_a_long_journal_goes_into_the_snapshot(folder: Path) -> None:
    shop = Shop(folder)
    for number in range(FEWEST + 10):
        await shop.ask("POST", "/v1/customers/cus_fake_00001", {"phone": str(number % 2)})

    lines = (folder / "books.journal").read_bytes().count(b"\n")
    assert 0 < lines <= 10
    assert after_a_kill(shop) == written(shop.server)


async def test_no_key_is_written_down(folder: Path) -> None:
    shop = Shop(folder)
    await shop.made("/v1/customers", key="k")
    await shop.ask("GET", "/v1/customers")

    for path in (folder / "books", folder / "books.journal"):
        assert KEY.encode() not in path.read_bytes()
    assert (folder / "books.journal").stat().st_mode & 0o077 == 0


@settings(max_examples=20)
@given(st.data())
def test_whatever_is_asked_a_kill_changes_nothing(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        asyncio.run(asked_anything(Shop(Path(name)), data))


async def asked_anything(shop: Shop, data: st.DataObject) -> None:
    for _ in range(8):
        refs = refs_in(shop.server)
        route = data.draw(st.sampled_from(sorted(DEEDS)))
        method, _, path = route.partition(" ")
        while "{}" in path:
            collection = path.partition("/{}")[0].rpartition("/")[2]
            fit = [*fitting(collection, refs), "nonsense"]
            path = path.replace("{}", data.draw(st.sampled_from(fit)), 1)
        spec = TAKES.get(route, {"takes": {}, "required": []})
        tree = spec["takes"] or {}
        names = data.draw(st.lists(st.sampled_from(sorted(tree)), max_size=3)) if tree else []
        asked = {one: value(data, tree[one], one, refs) for one in {*names, *spec["required"]}}
        await shop.ask(method, path, asked, key=data.draw(st.sampled_from([None, "k", "l"])))
        if data.draw(st.integers(0, 3)) == 0:
            shop.is_down = data.draw(st.booleans())
            await shop.server.deliver()

    assert after_a_kill(shop) == written(shop.server)
