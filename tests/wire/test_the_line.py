"""What is the same for every route: keys, headers, forms, idempotency, faults, hostile input."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta

import httpx
import pytest
import stripe

from accrue_fake import Engine
from accrue_fake.wire.stripe.app import create_stripe_app
from accrue_fake.wire.stripe.asking import LONGEST_BODY
from tests.wire.till import KEY, Till


def problem(answer: httpx.Response) -> tuple[int, str, str | None, str | None]:
    error = answer.json()["error"]
    assert error["message"]
    return answer.status_code, error["type"], error.get("code"), error.get("param")


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer ", "Bearer nonsense", "Bearer pk_test_x", "Bearer sk_live_x", "Basic !!", "x"],
)
async def test_a_request_without_a_secret_test_key_is_turned_away(
    till: Till, authorization: str | None
) -> None:
    headers = {"authorization": authorization or ""}

    answer = await till.raw("GET", "/v1/customers", headers=headers)

    assert problem(answer)[:2] == (401, "invalid_request_error")
    assert "sk_live_x" not in answer.text


async def test_a_key_may_be_the_user_of_basic_auth(till: Till) -> None:
    basic = base64.b64encode(f"{KEY}:".encode()).decode()

    answer = await till.raw("GET", "/v1/customers", headers={"authorization": f"Basic {basic}"})

    assert answer.status_code == 200
    assert answer.headers["request-id"].startswith("req_")
    assert answer.headers["stripe-version"] == stripe.api_version


async def test_a_server_with_keys_of_its_own_takes_no_others() -> None:
    server = create_stripe_app(Engine(), keys=["sk_test_mine"])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="https://api.stripe.example"
    ) as client:
        for key, status in (("sk_test_mine", 200), ("sk_test_other", 401)):
            answer = await client.get("/v1/account", headers={"authorization": f"Bearer {key}"})
            assert answer.status_code == status


async def test_only_the_account_that_there_is_can_be_acted_for(till: Till) -> None:
    own = (await till.raw("GET", "/v1/account")).json()["id"]

    ours = await till.raw("GET", "/v1/balance", headers={"stripe-account": own})
    other = await till.raw("GET", "/v1/balance", headers={"stripe-account": "acct_other"})

    assert ours.status_code == 200
    assert problem(other)[:3] == (403, "invalid_request_error", "account_invalid")


@pytest.mark.parametrize(
    ("method", "path", "form", "wrong"),
    [
        ("GET", "/v1/nonsense", None, (404, None, None)),
        ("GET", "/", None, (404, None, None)),
        ("PATCH", "/v1/customers", None, (404, None, None)),
        ("POST", "/v2/core/accounts", None, (404, "not_played_by_the_fake", None)),
        ("GET", "/v1/customers/x/tax_ids", None, (404, "not_played_by_the_fake", None)),
        (
            "POST",
            "/v1/payment_methods",
            "type=sepa_debit",
            (400, "not_played_by_the_fake", "type=sepa_debit"),
        ),
        ("POST", "/v1/payment_methods", "type=colour", (400, None, "type")),
        ("DELETE", "/v1/coupons/x", None, (404, "not_played_by_the_fake", None)),
        ("GET", "/v1/refunds/re_1", None, (404, "not_played_by_the_fake", None)),
        ("GET", "/v1/customers/cus_none", None, (404, "resource_missing", "id")),
        ("POST", "/v1/customers", "colour=red", (400, "parameter_unknown", "colour")),
        (
            "POST",
            "/v1/subscriptions",
            "customer=x&items[0][prize]=y",
            (400, "parameter_unknown", "items[0][prize]"),
        ),
        ("POST", "/v1/subscriptions", "", (400, "parameter_missing", "customer")),
        ("POST", "/v1/products", "", (400, "parameter_missing", "name")),
        (
            "POST",
            "/v1/subscriptions",
            "customer=cus_none&items[0][price]=p",
            (400, "resource_missing", "customer"),
        ),
        ("GET", "/v1/customers?limit=1000", None, (400, "parameter_invalid_integer", "limit")),
        ("GET", "/v1/customers?limit=ten", None, (400, "parameter_invalid_integer", "limit")),
        (
            "GET",
            "/v1/customers?starting_after=x",
            None,
            (400, "resource_missing", "starting_after"),
        ),
        ("GET", "/v1/customers?expand[]=nonsense", None, (400, None, "expand[0]")),
        ("POST", "/v1/customers", "source=tok_visa", (400, "not_played_by_the_fake", "source")),
        ("POST", "/v1/customers", "name=a&name[b]=c", (400, None, "name")),
        ("POST", "/v1/customers", "metadata[" + "a" * 41 + "]=b", (400, None, "metadata")),
        ("POST", "/v1/customers", "address=Berlin", (400, None, "address")),
    ],
)
async def test_a_wrong_request_is_refused_by_name(
    till: Till, method: str, path: str, form: str | None, wrong: tuple[int, str | None, str | None]
) -> None:
    content = None if form is None else form.encode()

    answer = await till.raw(method, path, content=content)

    status, type_, code, param = problem(answer)
    assert type_ == "invalid_request_error"
    assert (status, code, param) == wrong


@pytest.mark.parametrize(
    "form",
    [
        b"name=%ff%fe",
        b"\xff\xfe=1",
        b"name[",
        b"]name=1",
        b"name[[a]]=1",
        b"a" + b"[b]" * 500 + b"=1",
        b"&".join(b"metadata[%d]=x" % number for number in range(5000)),
        b"items[0][price]=a&items[0]=b",
        b"=",
        b"name=" + b"x" * 6000,
        b"items[99999999999999999999][price]=a",
        b"expand[]=" + b"a." * 200,
        b"trial_end=99999999999999999999",
        b"trial_period_days=-1",
    ],
)
@pytest.mark.parametrize("path", ["/v1/customers", "/v1/subscriptions"])
async def test_a_form_that_cannot_be_read_is_refused_and_nothing_breaks(
    till: Till, path: str, form: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await till.raw("POST", path, content=form)

    assert problem(answer)[0] == 400
    assert caplog.records == []


async def test_a_body_beyond_all_measure_is_not_read(till: Till) -> None:
    answer = await till.raw("POST", "/v1/customers", content=b"name=" + b"x" * LONGEST_BODY)

    assert problem(answer)[0] == 413


async def test_json_is_not_taken_for_a_form(till: Till) -> None:
    answer = await till.raw("POST", "/v1/customers", json={"name": "x"})

    assert problem(answer)[0] == 400


@pytest.mark.parametrize(
    "path", ["/v1/customers/" + "x" * 5000, "/v1/customers/%00", "/v1/customers/..%2f..", "/v1//x"]
)
async def test_a_strange_path_is_a_plain_404(till: Till, path: str) -> None:
    assert problem(await till.raw("GET", path))[0] == 404


async def test_forms_may_name_lists_in_each_way_that_clients_do(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    seat = await till.price(500)
    head = f"customer={customer}&"
    forms = (
        f"items[0][price]={price}&items[1][price]={seat}&items[1][quantity]=2",
        f"items[][price]={price}&items[][price]={seat}&items[][quantity]=2",
        f"items%5B0%5D%5Bprice%5D={price}&items%5B1%5D%5Bprice%5D={seat}&items[1][quantity]=2",
    )
    for form in forms:
        made = await till.raw("POST", "/v1/subscriptions", content=(head + form).encode())
        items = made.json()["items"]["data"]
        assert [(item["price"]["id"], item["quantity"]) for item in items] == [
            (price, 1),
            (seat, 2),
        ]


async def test_a_key_repeats_the_first_answer_whatever_it_was(till: Till) -> None:
    headers = {"idempotency-key": "k1"}

    first = await till.raw("POST", "/v1/customers", headers=headers, content=b"name=A")
    again = await till.raw("POST", "/v1/customers", headers=headers, content=b"name=A")
    other = await till.raw("POST", "/v1/customers", headers=headers, content=b"name=B")

    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert problem(other)[:2] == (400, "idempotency_error")
    assert len((await till.v1.customers.list_async()).data) == 1


async def test_a_refusal_is_repeated_and_a_malformed_request_is_not_remembered(till: Till) -> None:
    customer = await till.customer(None)
    headers = {"idempotency-key": "k1"}
    path = "/v1/payment_methods/pm_card_chargeDeclinedExpiredCard/attach"

    refused = await till.raw("POST", path, headers=headers, content=f"customer={customer}".encode())
    again = await till.raw("POST", path, headers=headers, content=f"customer={customer}".encode())
    assert problem(refused)[:3] == problem(again)[:3] == (402, "card_error", "expired_card")
    assert again.headers["idempotent-replayed"] == "true"

    for form, status in ((b"colour=red", 400), (b"name=A", 200)):
        answer = await till.raw(
            "POST", "/v1/customers", headers={"idempotency-key": "k2"}, content=form
        )
        assert answer.status_code == status


async def test_a_key_in_flight_is_a_conflict(till: Till) -> None:
    till.engine.scenarios.slow_next_call(timedelta(seconds=0.2), call="customers.create")
    headers = {"idempotency-key": "k1"}

    first = asyncio.create_task(
        till.raw("POST", "/v1/customers", headers=headers, content=b"name=A")
    )
    await asyncio.sleep(0.05)
    second = await till.raw("POST", "/v1/customers", headers=headers, content=b"name=A")

    assert problem(second)[:3] == (409, "idempotency_error", "idempotency_key_in_use")
    assert (await first).status_code == 200


async def test_faults_of_the_line_are_acted_out(till: Till) -> None:
    scenarios = till.engine.scenarios
    create = till.v1.customers.create_async

    scenarios.limit_next_call(retry_after=3, call="customers.create")
    with pytest.raises(stripe.RateLimitError) as limited:
        await create()
    assert limited.value.headers is not None
    assert limited.value.headers["retry-after"] == "3"
    scenarios.fail_next_call()
    with pytest.raises(stripe.APIError) as failed:
        await create()
    assert failed.value.http_status == 500
    scenarios.misconfigure_next_call()
    with pytest.raises(stripe.AuthenticationError):
        await create()
    for is_cut in (True, False):
        if is_cut:
            scenarios.cut_next_call()
        else:
            scenarios.lose_next_answer("before")
        with pytest.raises(stripe.APIConnectionError):
            await create()

    assert (await till.v1.customers.list_async()).data == []


async def test_an_answer_that_is_lost_after_the_deed_is_repeated_under_its_key(till: Till) -> None:
    till.engine.scenarios.lose_next_answer("after", call="customers.create")
    options: stripe.RequestOptions = {"idempotency_key": "k1"}
    with pytest.raises(stripe.APIConnectionError):
        await till.v1.customers.create_async({"name": "A"}, options)

    made = await till.v1.customers.create_async({"name": "A"}, options)

    assert [one.id for one in (await till.v1.customers.list_async()).data] == [made.id]


async def test_a_thing_can_be_hidden_or_speak_nonsense_once(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    made = await till.subscribe(customer, price)

    till.engine.scenarios.hide(made.id)
    with pytest.raises(stripe.InvalidRequestError) as hidden:
        await till.v1.subscriptions.retrieve_async(made.id)
    assert (hidden.value.http_status, hidden.value.code) == (404, "resource_missing")
    till.engine.scenarios.speak_unknown_status(made.id, word="hibernating")
    odd = await till.raw("GET", f"/v1/subscriptions/{made.id}")
    assert odd.json()["status"] == "hibernating"

    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "active"


async def test_what_breaks_inside_is_a_500_without_a_word_about_it(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    customer = await till.customer()
    del till.engine.books.cards["pm_fake_00001"]

    answer = await till.raw("GET", f"/v1/customers/{customer}/payment_methods")

    assert problem(answer)[:2] == (500, "api_error")
    assert "pm_fake" not in answer.text
    assert [record.getMessage() for record in caplog.records] == ["a request failed"]


async def test_the_memory_of_a_server_does_not_grow_with_what_it_is_asked(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    await till.subscribe(customer, price)
    account, books = till.server.account, till.engine.books

    async def ask() -> None:
        await till.raw("GET", f"/v1/customers/{customer}")
        await till.raw("GET", "/v1/subscriptions?limit=1")
        await till.raw("POST", f"/v1/customers/{customer}", content=b"name=Same")

    def kept() -> dict[str, int]:
        return {
            "remembered": len(books.remembered),
            "owed": len(books.owed) + len(books.sent) + len(books.events),
            "events": len(account.events),
            "told": len(account.told),
            "facts": len(account.facts),
            "size": len(json.dumps(list(account.facts.values()))),
        }

    await ask()
    before = kept()
    for _ in range(50):
        await ask()

    assert kept() == before
    assert before["remembered"] == before["owed"] == 0


async def test_four_levels_are_expanded_and_no_more(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    made = await till.subscribe(customer, price)
    deeper = "latest_invoice.payments.data.payment.payment_intent"

    whole = await till.v1.subscriptions.list_async({"expand": ["data.latest_invoice.payments"]})
    assert isinstance(whole.data[0].latest_invoice, stripe.Invoice)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.subscriptions.retrieve_async(made.id, {"expand": ["customer", deeper]})

    assert (refused.value.param, refused.value.http_status) == ("expand[1]", 400)


@pytest.mark.parametrize(
    "form",
    [
        b"payment_method=pm_card_chargeDeclinedLostCard",
        b"payment_method=pm_none",
        b"address[country]=DE&address[postal_code]=x&tax[validate_location]=immediately",
        b"test_clock=clock_none",
        b"invoice_settings[colour]=red",
    ],
)
async def test_a_customer_that_is_refused_is_not_left_behind(till: Till, form: bytes) -> None:
    answer = await till.raw("POST", "/v1/customers", content=form)

    assert answer.status_code in (400, 402)
    assert till.engine.books.customers == {}
    assert (await till.v1.events.list_async()).data == []
