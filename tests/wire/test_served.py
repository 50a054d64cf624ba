"""The server as a process of its own, over a real socket of this machine."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from accrue_core.errors import ConfigurationError, InvalidRequest
from accrue_fake import Engine
from accrue_fake.wire.stripe import seeding
from accrue_fake.wire.stripe.app import create_stripe_app
from accrue_fake.wire.stripe.process import KEY, StripeProcess
from accrue_fake.wire.stripe.served import dumped, loaded
from tests.wire.till import JANUARY, MONTH, Till

SEED: list[dict[str, Any]] = [
    {"post": "/v1/products", "with": {"name": "Pro"}, "as": "pro"},
    {
        "post": "/v1/prices",
        "id": "price_pro",
        "with": {
            "product": "$pro",
            "currency": "usd",
            "unit_amount": 1900,
            "recurring": {"interval": "month"},
        },
        "as": "price",
    },
    {"post": "/v1/customers", "with": {"payment_method": "pm_card_visa"}, "as": "payer"},
    {"post": "/v1/subscriptions", "with": {"customer": "$payer", "items": [{"price": "$price"}]}},
]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeProcess]:
    seed = tmp_path_factory.mktemp("served") / "seed.json"
    seed.write_text(json.dumps(SEED))
    with StripeProcess("--seed-file", str(seed), "--start", "2026-12-31") as process:
        yield process


def client(process: StripeProcess) -> stripe.StripeClient:
    stripe.enable_telemetry = False
    return stripe.StripeClient(KEY, base_addresses={"api": process.origin}, max_network_retries=0)


@contextmanager
def listening(*, refuses: int = 0) -> Iterator[tuple[str, list[tuple[bytes, str]]]]:
    """Take webhooks over a real socket, after so many refusals; return where, and what arrived."""
    taken: list[tuple[bytes, str]] = []
    refusing = iter(range(refuses))

    class Hooks(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            is_refused = next(refusing, None) is not None
            if not is_refused:
                taken.append((body, self.headers["stripe-signature"]))
            self.send_response(500 if is_refused else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hooks", taken
        finally:
            server.shutdown()
            thread.join()


def wait_for(taken: list[tuple[bytes, str]], type_: str) -> None:
    ticking = threading.Event()
    for _ in range(200):
        if any(json.loads(body)["type"] == type_ for body, _ in taken):
            return
        ticking.wait(0.05)
    raise AssertionError(f"no {type_} among {[json.loads(body)['type'] for body, _ in taken]}")


def test_the_sdk_subscribes_over_a_socket_and_webhooks_come_by_themselves(
    process: StripeProcess,
) -> None:
    v1 = client(process).v1
    with listening() as (url, taken):
        endpoint = v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        clock = v1.test_helpers.test_clocks.create({"frozen_time": JANUARY})
        customer = v1.customers.create({"payment_method": "pm_card_visa", "test_clock": clock.id})
        made = v1.subscriptions.create(
            {"customer": customer.id, "items": [{"price": "price_pro"}], "trial_period_days": 14}
        )
        v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": JANUARY + MONTH})
        wait_for(taken, "test_helpers.test_clock.ready")

        assert v1.subscriptions.retrieve(made.id).status == "active"
        secret = endpoint.secret or ""
        events = [stripe.Webhook.construct_event(body, sign, secret) for body, sign in taken]
        assert "invoice.paid" in {event.type for event in events}
        v1.webhook_endpoints.delete(endpoint.id)


def test_a_refused_webhook_comes_again_after_a_real_second(process: StripeProcess) -> None:
    v1 = client(process).v1
    with listening(refuses=1) as (url, taken):
        endpoint = v1.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"]})
        v1.customers.create()
        wait_for(taken, "customer.created")
        v1.webhook_endpoints.delete(endpoint.id)


def test_a_scenario_breaks_the_connection_after_the_deed(process: StripeProcess) -> None:
    v1 = client(process).v1
    process.ask("scenarios", "lose_next_answer", when="after", call="customers.create")
    options: stripe.RequestOptions = {"idempotency_key": "lost"}

    with pytest.raises(stripe.APIConnectionError):
        v1.customers.create({"email": "lost@person.example"}, options)
    made = v1.customers.create({"email": "lost@person.example"}, options)

    found = v1.customers.list({"email": "lost@person.example"})
    assert [one.id for one in found.data] == [made.id]


def test_the_bench_offers_what_the_door_lists_and_no_more(process: StripeProcess) -> None:
    with pytest.raises(InvalidRequest):
        process.ask("engine", "dump")
    for path in ("/_fake/nonsense", "/checkout", "/checkout/a/b", "/nonsense"):
        for method in ("GET", "POST"):
            answer = httpx.request(method, f"{process.origin}{path}", trust_env=False)
            assert answer.status_code in (401, 404), path


def test_people_see_what_there_is_and_what_happened(process: StripeProcess) -> None:
    page = httpx.get(f"{process.origin}/", trust_env=False).text
    style = httpx.get(f"{process.origin}/_fake/accrue.css", trust_env=False)

    assert "customer.subscription.created" in page
    assert "--a-accent" in style.text
    assert "<script" not in page
    assert "person.example" not in page


def session_of(process: StripeProcess, **params: Any) -> stripe.checkout.Session:
    customer = client(process).v1.customers.create({})
    asked: Any = {
        "mode": "subscription",
        "customer": customer.id,
        "line_items": [{"price": "price_pro", "quantity": 1}],
        "success_url": "https://shop.example/thanks?of={CHECKOUT_SESSION_ID}",
        **params,
    }
    return client(process).v1.checkout.sessions.create(asked)


def test_a_person_pays_on_the_page_that_a_session_leads_to(process: StripeProcess) -> None:
    made = session_of(process)
    url = str(made.url)
    assert url.startswith(process.origin)

    with httpx.Client(trust_env=False) as person:
        shown = person.get(url)
        declined = person.post(url, data={"card": "pm_card_chargeDeclined"})
        asked = person.post(url, data={"card": "pm_card_authenticationRequired"})
        done = person.post(url, data={"bank": "yes"})

    assert "Due today" in shown.text
    assert (declined.status_code, asked.status_code) == (422, 200)
    assert "It is me" in asked.text
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"https://shop.example/thanks?of={made.id}",
    )
    found = client(process).v1.checkout.sessions.retrieve(made.id)
    assert (found.status, found.payment_status) == ("complete", "paid")


def test_a_person_helps_themselves_in_the_portal(process: StripeProcess) -> None:
    v1 = client(process).v1
    customer = v1.customers.create({"payment_method": "pm_card_visa"})
    made = v1.subscriptions.create({"customer": customer.id, "items": [{"price": "price_pro"}]})
    url = v1.billing_portal.sessions.create({"customer": customer.id}).url

    with httpx.Client(trust_env=False) as person:
        person.post(url, data={"cancel": made.id}).raise_for_status()
        assert v1.subscriptions.retrieve(made.id).cancel_at is not None
        person.post(url, data={"keep": made.id}).raise_for_status()
        person.post(url, data={"card": "pm_card_mastercard"}).raise_for_status()
        bill = v1.invoices.retrieve(str(made.latest_invoice))
        assert "Invoice" in person.get(str(bill.hosted_invoice_url)).text
        other = person.post(url, data={"cancel": "sub_none"})
        nowhere = person.get(f"{process.origin}/portal/nonsense")

    assert (other.status_code, nowhere.status_code) == (422, 404)
    assert v1.subscriptions.retrieve(made.id).cancel_at is None
    kept = v1.payment_methods.list({"customer": customer.id})
    assert [one.card and one.card.brand for one in kept.data] == ["mastercard", "visa"]


def test_a_bank_s_question_is_answered_where_the_client_secret_leads(
    process: StripeProcess,
) -> None:
    v1 = client(process).v1
    customer = v1.customers.create({"payment_method": "pm_card_authenticationRequired"})
    asked: Any = {"customer": customer.id, "items": [{"price": "price_pro"}]}
    asked["expand"] = ["latest_invoice.confirmation_secret"]
    made = v1.subscriptions.create(asked)
    invoice = made.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert invoice.confirmation_secret is not None
    url = f"{process.origin}/authenticate/{invoice.confirmation_secret.client_secret}"

    with httpx.Client(trust_env=False) as person:
        assert "It is me" in person.get(url).text
        done = person.post(url, data={"bank": "yes"})
        wrong = person.get(f"{url[:-1]}x")

    assert (done.status_code, wrong.status_code) == (200, 404)
    assert (made.status, v1.subscriptions.retrieve(made.id).status) == ("incomplete", "active")


def test_books_go_on_after_a_stop(tmp_path: Path) -> None:
    books = tmp_path / "books"
    with StripeProcess(books=books) as process:
        made = client(process).v1.customers.create(
            {"name": "A", "phone": "1"}, {"idempotency_key": "k"}
        )
    with StripeProcess(books=books) as process:
        v1 = client(process).v1
        assert v1.customers.retrieve(made.id).phone == "1"
        again = v1.customers.create({"name": "A", "phone": "1"}, {"idempotency_key": "k"})
        assert again.id == made.id
        assert v1.events.list().data[0].type == "customer.created"


async def test_what_was_written_down_is_read_back_word_for_word(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    await till.v1.webhook_endpoints.create_async(
        {"url": "https://app.example/hooks", "enabled_events": ["*"]}
    )
    await till.subscribe(customer, price, trial_period_days=3)
    await till.advance(clock, JANUARY + MONTH)

    written = dumped(till.server)

    assert dumped(loaded(written)) == written
    with pytest.raises(ConfigurationError):
        loaded(b"nonsense")
    with pytest.raises(ConfigurationError):
        loaded(b"{}nonsense\n{}")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "{}",
        '[{"get": "/v1/customers"}]',
        '[{"post": "/v1/customers", "with": {"colour": "red"}}]',
        '[{"post": "/v1/nonsense"}]',
        '[{"post": "/v1/subscriptions", "with": {"customer": "$nobody"}}]',
    ],
)
def test_a_wrong_seed_file_is_refused_before_anything_is_served(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(text)
    server = create_stripe_app(Engine())

    with pytest.raises(ConfigurationError):
        seeding.seed(seeding.steps_in(path), server.do, server.desk.name_next)


def test_a_server_that_cannot_begin_says_so(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('[{"post": "/v1/nonsense"}]')

    with pytest.raises(ConfigurationError), StripeProcess("--seed-file", str(seed)):
        pass


def test_a_seed_makes_what_it_says() -> None:
    server = create_stripe_app(Engine())

    seeding.seed(SEED, server.do, server.desk.name_next)

    (subscription,) = server.engine.books.subscriptions.values()
    assert subscription.snapshot.status == "active"
    assert list(server.engine.books.prices) == ["price_pro"]
