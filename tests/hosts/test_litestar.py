"""A Litestar host: what is mounted, who may pass, and what a refusal looks like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response, get
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.types import ASGIApp, Receive, Scope, Send

from accrue_core.errors import ConfigurationError
from accrue_core.hosts.litestar import AccruePlugin, GateClosed, require_feature, require_plan
from tests.hosts.litestar_host import Host
from tests.stage import TEAM

HTML = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
JSON = {"accept": "application/json"}


def looking_at_its_url(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        assert str(Request[Any, Any, State](scope).base_url)
        await app(scope, receive, send)

    return middleware


async def read_the_body(request: Request[Any, Any, State]) -> None:
    await request.body()


async def change_the_answer(answer: Response[Any]) -> Response[Any]:
    answer.headers["changed"] = "yes"
    return answer


@pytest.fixture
def host(prepared_database_url: str) -> Host:
    return Host(prepared_database_url)


@pytest.fixture
async def client(host: Host) -> AsyncIterator[httpx.AsyncClient]:
    async with host.client() as client:
        yield client


async def post_owed(host: Host, client: httpx.AsyncClient) -> list[int]:
    statuses = []
    for owed in host.engine.emitter.take():
        answer = await client.post(
            "/billing/webhooks/fake", content=owed.body, headers=dict(owed.headers)
        )
        host.engine.emitter.delivered(owed.event_ref)
        statuses.append(answer.status_code)
    return statuses


async def test_health_is_below_the_mount_and_nothing_is_beside_it(
    client: httpx.AsyncClient,
) -> None:
    ready = await client.get("/billing/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert (await client.get("/billing/health/live/")).status_code == 200
    for path in ("/billings/health/live", "/billing/health", "/billing/nothing", "/health/live"):
        assert (await client.get(path)).status_code == 404


async def test_a_mounted_application_makes_links_that_lead_back_to_it(
    client: httpx.AsyncClient,
) -> None:
    shown = (await client.get("/billing/desk/charges/c1")).json()
    assert shown == {
        "link": "http://host.test/billing/desk/charges/c1",
        "path": "/billing/desk/charges/c1",
    }
    assert (await client.get(shown["link"])).json() == shown


async def test_links_hold_behind_a_proxy_and_for_a_host_that_has_looked_at_its_own(
    prepared_database_url: str,
) -> None:
    host = Host(prepared_database_url, middleware=[looking_at_its_url])
    async with host.client(root_path="/app") as client:
        shown = (await client.get("/app/billing/desk/charges/c1")).json()
        assert shown["link"] == "http://host.test/app/billing/desk/charges/c1"
        assert (await client.get("/app/billing/health/live")).status_code == 200


async def test_a_webhook_s_bytes_reach_the_door_untouched_and_the_runner_works_them_off(
    host: Host, client: httpx.AsyncClient
) -> None:
    await host.accrue.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    statuses = await post_owed(host, client)
    assert statuses
    assert set(statuses) == {200}

    for _ in range(500):
        done = await host.accrue.billing.webhook_deliveries(status="done")
        if len(done.items) == len(statuses):
            return
        await asyncio.sleep(0.02)
    pytest.fail("the runner did not work off the deliveries")


async def test_a_webhook_with_a_wrong_signature_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/billing/webhooks/fake", content=b"{}", headers={"accrue-fake-signature": "t=1,v1=00"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_host_s_form_tokens_and_hooks_do_not_stand_before_the_door(
    prepared_database_url: str,
) -> None:
    host = Host(
        prepared_database_url,
        csrf_config=CSRFConfig(secret="a test's own"),  # noqa: S106
        before_request=read_the_body,
        after_request=change_the_answer,
    )
    await host.accrue.billing.customer(TEAM)
    async with host.client() as client:
        assert set(await post_owed(host, client)) == {200}
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post("/billing/webhooks/fake", content=b"a=b", headers=form)
        assert answer.status_code == 400


async def test_the_gate_follows_what_was_paid_for(host: Host, client: httpx.AsyncClient) -> None:
    ann, bob = {"user": "ann"}, {"user": "bob"}
    assert (await client.get("/reports", headers=ann)).status_code == 403
    await host.accrue.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")

    for path in ("/reports", "/paying"):
        assert (await client.get(path, headers=ann)).status_code == 200
        assert (await client.get(path, headers=bob)).status_code == 403
        assert (await client.get(path)).status_code == 403
        assert (await client.get(f"{path}?owner=team:42", headers=bob)).status_code == 403


@pytest.mark.parametrize("user", ["", "bob", "broken", "nameless", "ownerless"])
async def test_a_closed_gate_says_nothing_in_either_format(
    client: httpx.AsyncClient, user: str
) -> None:
    page = await client.get("/reports", headers={**HTML, "user": user})
    problem = await client.get("/reports", headers={**JSON, "user": user})

    assert page.status_code == problem.status_code == 403
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "reports" not in page.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json() == {"type": "about:blank", "title": "Forbidden", "status": 403}
    assert page.headers["cache-control"] == problem.headers["cache-control"] == "no-store"


async def test_without_an_auth_adapter_every_gate_is_closed(prepared_database_url: str) -> None:
    host = Host(prepared_database_url, auth="closed")
    await host.accrue.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    async with host.client() as client:
        for path in ("/reports", "/paying", "/whoami"):
            assert (await client.get(path, headers={"user": "ann"})).status_code == 403


async def test_a_host_may_answer_a_closed_gate_itself(prepared_database_url: str) -> None:
    def sell(request: Request[Any, Any, State], closed: GateClosed) -> Response[str]:
        return Response("buy first", status_code=402)

    host = Host(prepared_database_url, exception_handlers={GateClosed: sell})
    async with host.client() as client:
        answer = await client.get("/reports")
        assert (answer.status_code, answer.text) == (402, "buy first")


async def test_billing_acts_as_the_signed_in_user_and_as_nobody_else(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/whoami", headers={"user": "ann"})).text == "user:ann"
    for user in ("", "broken", "nameless"):
        answer = await client.get("/whoami", headers={"user": user})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:accrue:error:not_allowed")


async def test_errors_become_problems_and_our_own_faults_keep_their_details(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/declined")
    assert answer.status_code == 402
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "the card was declined (insufficient_funds)"

    answer = await client.get("/misconfigured")
    assert answer.status_code == 500
    assert "sk_test" not in answer.text


def test_a_gate_that_no_plan_can_open_stops_the_host(prepared_database_url: str) -> None:
    accrue = Host(prepared_database_url).accrue
    for guard in (require_feature("reprots"), require_plan("gold")):
        with pytest.raises(ConfigurationError, match="the gate of /typo"):
            Litestar([gated(guard)], plugins=[AccruePlugin(accrue)], logging_config=None)


def gated(guard: Any) -> Any:
    @get("/typo", guards=[guard], sync_to_thread=False)
    def typo() -> None:
        return None

    return typo


@pytest.mark.parametrize("path", ["billing", "/", "/billing/", "", "/{team:str}/billing"])
def test_a_mount_s_path_is_checked(prepared_database_url: str, path: str) -> None:
    with pytest.raises(ConfigurationError):
        AccruePlugin(Host(prepared_database_url).accrue, path=path)
