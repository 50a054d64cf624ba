"""The stand-in account is as strict as Stripe, and shares nothing with what it tests."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from tests.stripe.account.app import Account
from tests.stripe.account.line import DAY
from tests.stripe.account.routes import ROUTES
from tests.stripe.asking import GOOD, PRICE, furnished

HEADERS = {
    "authorization": "Bearer sk_test_x",
    "stripe-version": stripe.api_version,
    "content-type": "application/x-www-form-urlencoded",
}
SUBSCRIPTION = {"customer": "cus_1", "items[0][price]": PRICE, "billing_mode[type]": "flexible"}
SESSION = {
    "mode": "subscription",
    "ui_mode": "hosted_page",
    "customer": "cus_1",
    "line_items[0][price]": PRICE,
    "success_url": "https://app.example.com/",
    "cancel_url": "https://app.example.com/",
}


@pytest.fixture
def account() -> Account:
    return furnished()


@pytest.fixture
async def http(account: Account) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(account)
    async with httpx.AsyncClient(transport=transport, base_url="http://stripe.test") as http:
        yield http


async def post(http: httpx.AsyncClient, path: str, form: dict[str, str], key: str) -> Any:
    return await http.post(path, data=form, headers={**HEADERS, "idempotency-key": key})


def test_it_imports_nothing_of_what_it_tests() -> None:
    folder = Path(__file__).parent
    files = [*(folder / "account").glob("*.py"), folder / "conformance.py", folder / "objects.py"]
    names = ("invoice_objects.py", "page_objects.py", "stand_in.py")
    for path in [*files, *(folder / name for name in names)]:
        assert "accrue_stripe" not in _imported(path)


def _imported(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text()))
    modules = [node.module or "" for node in tree if isinstance(node, ast.ImportFrom)]
    return {module.partition(".")[0] for module in modules}


SERVICES = (
    stripe.CustomerService,
    stripe.PaymentMethodService,
    stripe.SubscriptionService,
    stripe.SubscriptionItemService,
    stripe.SubscriptionScheduleService,
    stripe.CouponService,
    stripe.WebhookEndpointService,
    stripe.EventService,
    stripe.PriceService,
    stripe.InvoiceService,
    stripe.InvoiceLineItemService,
    stripe.InvoicePaymentService,
    stripe.checkout.SessionService,
    stripe.billing_portal.SessionService,
)


def of_the_sdk(service: Any) -> Iterator[tuple[str, str, str]]:
    """Read from the SDK's source what each of its methods asks, and with which parameters."""
    for name, method in vars(service).items():
        source = inspect.getsource(method) if name.endswith("_async") else ""
        asked = re.search(r'"(get|post|delete)",\s+"(/v1/[^"]+)"', source)
        if asked is not None:
            annotation = str(inspect.signature(method).parameters["params"].annotation)
            (params,) = re.findall(r"\w+Params", annotation)
            yield asked[1].upper(), re.sub(r"\{\w+\}", "{id}", asked[2]), params


def test_each_path_takes_the_parameters_that_the_sdk_has_for_it() -> None:
    known = {asked for service in SERVICES for asked in of_the_sdk(service)}
    ours = {(one.method, one.path, one.params.rpartition(".")[2]) for one in ROUTES}
    assert len(known) > 40
    assert ours - known == set()


@pytest.mark.parametrize(
    ("path", "form", "wrong"),
    [
        ("/v1/customers", {"nmae": "x"}, "nmae"),
        ("/v1/customers", {"invoice_settings[default]": "x"}, "invoice_settings[default]"),
        ("/v1/customers/cus_1", {"invoice_settings": "x"}, "invoice_settings"),
        ("/v1/subscriptions", SUBSCRIPTION | {"coupon": "x"}, "coupon"),
        ("/v1/subscriptions", SUBSCRIPTION | {"payment_behavior": "hope"}, "payment_behavior"),
        ("/v1/subscriptions", SUBSCRIPTION | {"trial_end": "soon"}, "trial_end"),
        ("/v1/subscriptions", SUBSCRIPTION | {"items[0][amount]": "1"}, "items[0][amount]"),
        ("/v1/subscriptions", SUBSCRIPTION | {"items[2][price]": "x"}, "items"),
        ("/v1/subscriptions", SUBSCRIPTION | {"billing_mode[type]": "bendy"}, "billing_mode[type]"),
        ("/v1/subscriptions", SUBSCRIPTION | {"automatic_tax[x]": "1"}, "automatic_tax[enabled]"),
        ("/v1/subscriptions", SUBSCRIPTION | {"metadata": "x"}, "metadata"),
        ("/v1/subscriptions/sub_1", {"cancel_at_period_end": "True"}, "cancel_at_period_end"),
        ("/v1/checkout/sessions", SESSION | {"ui_mode": "hosted"}, "ui_mode"),
        (
            "/v1/checkout/sessions",
            SESSION | {"payment_method_types[0]": "card"},
            "payment_method_types",
        ),
        ("/v1/billing_portal/sessions", {"flow_data[x][subscription]": "1"}, "flow_data[type]"),
    ],
)
async def test_a_parameter_that_the_sdk_does_not_describe_is_refused_loudly(
    account: Account, http: httpx.AsyncClient, path: str, form: dict[str, str], wrong: str
) -> None:
    answer = await post(http, path, form, "k")

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert [one for one in account.complaints if one.startswith(f"POST {path}: {wrong}: ")]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("authorization", ""),
        ("authorization", "Bearer pk_test_1"),
        ("stripe-version", "2026-03-25.dahlia"),
        ("idempotency-key", ""),
        ("idempotency-key", "k" * 256),
        ("content-type", "application/json"),
    ],
)
async def test_a_header_that_is_missing_or_wrong_is_refused_loudly(
    account: Account, http: httpx.AsyncClient, header: str, value: str
) -> None:
    headers = {**HEADERS, "idempotency-key": "k"} | {header: value}
    answer = await http.post("/v1/customers", content=b"name=x", headers=headers)

    assert answer.status_code == 400
    assert len(account.complaints) == 1
    assert account.done == []


async def test_a_key_on_a_read_is_refused_loudly(account: Account, http: httpx.AsyncClient) -> None:
    headers = {**HEADERS, "idempotency-key": "k"}
    assert (await http.get("/v1/customers", headers=headers)).status_code == 400
    assert account.complaints == ["GET /v1/customers: a key on a read"]


@pytest.mark.parametrize(
    "expand",
    [
        "payment_intent",
        "customer.nothing",
        "metadata",
        "customer.invoice_settings",
        "latest_invoice.payments.data.payment.payment_intent",
        "items.price",
    ],
)
async def test_what_cannot_be_expanded_is_refused(
    account: Account, http: httpx.AsyncClient, expand: str
) -> None:
    customer = (await post(http, "/v1/customers", {}, "c")).json()["id"]
    attach = f"/v1/payment_methods/{GOOD}/attach"
    assert (await post(http, attach, {"customer": customer}, "a")).status_code == 200
    form = SUBSCRIPTION | {"customer": customer, "default_payment_method": GOOD}
    assert (await post(http, "/v1/subscriptions", form, "s")).status_code == 200

    refused = await post(http, "/v1/subscriptions", form | {"expand[0]": expand}, "e")

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "expand"


async def test_a_key_is_one_answer_for_one_request_for_a_day(
    account: Account, http: httpx.AsyncClient
) -> None:
    first = await post(http, "/v1/customers", {"name": "x"}, "k")
    again = await post(http, "/v1/customers", {"name": "x"}, "k")
    other = await post(http, "/v1/customers", {"name": "y"}, "k")
    account.now += DAY
    later = await post(http, "/v1/customers", {"name": "y"}, "k")

    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert later.json()["id"] != first.json()["id"]
    assert account.complaints == []


async def test_a_refusal_is_remembered_too_but_not_a_malformed_request(
    account: Account, http: httpx.AsyncClient
) -> None:
    path, form = f"/v1/payment_methods/{GOOD}/attach", {"customer": "cus_1"}
    assert (await post(http, path, form, "k")).status_code == 400
    assert "idempotent-replayed" in (await post(http, path, form, "k")).headers

    await post(http, "/v1/customers", {"nmae": "x"}, "m")
    assert (await post(http, "/v1/customers", {"name": "x"}, "m")).status_code == 200


async def test_a_key_says_nothing_on_a_delete(account: Account, http: httpx.AsyncClient) -> None:
    customer = (await post(http, "/v1/customers", {}, "c")).json()["id"]
    form = SUBSCRIPTION | {"customer": customer, "trial_period_days": "3"}
    ref = (await post(http, "/v1/subscriptions", form, "s")).json()["id"]
    headers = {**HEADERS, "idempotency-key": "d"}

    first = await http.delete(f"/v1/subscriptions/{ref}", headers=headers)
    again = await http.delete(f"/v1/subscriptions/{ref}", headers=headers)

    assert (first.status_code, again.status_code) == (200, 404)


async def test_an_object_that_stripe_would_not_send_is_a_complaint(
    account: Account, http: httpx.AsyncClient
) -> None:
    ref = (await post(http, "/v1/customers", {}, "c")).json()["id"]
    account.books.at("customer", ref)["livemode"] = None

    await http.get(f"/v1/customers/{ref}", headers=HEADERS)

    assert account.complaints == ["customer.livemode: NoneType instead of bool"]
