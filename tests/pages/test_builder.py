"""Page applications: headers, form tokens, statics, error pages, mounts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from accrue_core import Accrue, Billing, Settings
from accrue_core.contracts.auth import Identity
from accrue_core.pages.entrance import Entrance
from tests.pages.site import HERE, browser, fields, nonces, small_site


@pytest.fixture
def billing(tmp_path: Path) -> Billing:
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'unused.sqlite3'}",
        plugins_disabled=frozenset({"fake", "stripe", "braintree"}),
    )
    return Accrue(settings).billing


@pytest.fixture
def received() -> list[str]:
    return []


@pytest.fixture
def app(tmp_path: Path, billing: Billing, received: list[str]) -> Any:
    return small_site(tmp_path / "site", billing, received=received)


@pytest.fixture
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        yield client


async def test_a_page_carries_a_strict_policy_with_a_nonce_of_its_own(
    client: httpx.AsyncClient,
) -> None:
    first, second = await client.get("/"), await client.get("/")

    policy = first.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["x-content-type-options"] == "nosniff"
    assert len(nonces(first.headers)) == 1
    assert nonces(first.headers) != nonces(second.headers)
    assert f'nonce="{nonces(first.headers).pop()}"' in first.text


async def test_head_is_answered_like_get_without_the_page(client: httpx.AsyncClient) -> None:
    page, head = await client.get("/"), await client.head("/")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == page.headers["content-length"]
    assert (await client.head("/nowhere")).status_code == 404
    assert (await client.head("/say")).status_code == 405


async def test_a_form_with_its_token_is_taken(
    client: httpx.AsyncClient, received: list[str]
) -> None:
    page = await client.get("/")

    answer = await client.post("/say", data={**fields(page.text), "word": "hello"})

    assert answer.status_code == 303
    assert received == ["hello"]


@pytest.mark.parametrize("token", ["", "x" * 43, "é", "\udc80"])
async def test_a_form_with_a_wrong_token_changes_nothing(
    client: httpx.AsyncClient, received: list[str], token: str
) -> None:
    await client.get("/")
    word = token.encode("utf-8", "surrogatepass")

    answer = await client.post(
        "/say",
        content=b"form_token=" + word + b"&word=hello",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 403
    assert received == []


async def test_a_token_without_its_cookie_is_worth_nothing(
    app: Any, client: httpx.AsyncClient, received: list[str]
) -> None:
    page = await client.get("/")

    async with browser(app) as stranger:
        answer = await stranger.post("/say", data={**fields(page.text), "word": "hello"})

    assert answer.status_code == 403
    assert received == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.test"},
        {"origin": "null"},
    ],
)
async def test_a_form_from_elsewhere_is_refused_even_with_the_token(
    client: httpx.AsyncClient, received: list[str], headers: dict[str, str]
) -> None:
    page = await client.get("/")

    answer = await client.post("/say", data={**fields(page.text), "word": "hello"}, headers=headers)

    assert answer.status_code == 403
    assert received == []


async def test_over_tls_the_cookie_cannot_be_set_by_another_host(app: Any) -> None:
    async with browser(app, base="https://host.test") as client:
        cookie = (await client.get("/")).headers["set-cookie"]

    assert cookie.startswith("__Host-accrue_try_form=")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")


async def test_a_cookie_that_we_did_not_make_is_replaced(app: Any) -> None:
    async with browser(app) as client:
        client.cookies.set("accrue_try_form", "short", domain="host.test")
        answer = await client.get("/")

    assert "set-cookie" in answer.headers


async def test_links_and_statics_stay_below_the_mount(app: Any) -> None:
    async with browser(app, root="/billing/try") as client:
        page = await client.get("/billing/try/")
        sources = re.findall(r'(?:href|src)="(/[^"]+)"', page.text)
        answers = [await client.get(source) for source in sources]

    assert 'action="/billing/try/say"' in page.text
    assert len(sources) == 2
    assert all(source.startswith("/billing/try/static/") for source in sources)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)
    assert all("set-cookie" not in answer.headers for answer in answers)


@pytest.mark.parametrize(
    "path", ["/static/0/accrue.css", "/static/0/..%2f..%2fapp.py", "/static/0/none.css", "/none"]
)
async def test_what_is_not_there_is_a_plain_404(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text


async def test_an_error_of_the_platform_says_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/conflict")

    assert answer.status_code == 409
    assert "Cannot keep a subscription that is canceled; it must be one of: active." in answer.text


async def test_a_fault_of_ours_tells_nothing(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/broken")

    assert answer.status_code == 500
    assert "whsec_secret" not in answer.text
    assert "a page failed: RuntimeError" in caplog.text


async def test_what_is_said_is_escaped(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", params={"said": "<script>alert(1)</script>"})

    assert "<script>" not in answer.text


async def test_a_form_larger_than_any_of_ours_is_refused(
    client: httpx.AsyncClient, received: list[str]
) -> None:
    page = await client.get("/")

    answer = await client.post("/say", data={**fields(page.text), "word": "x" * 70_000})

    assert answer.status_code == 413
    assert received == []


async def test_an_entrance_lets_nobody_in_whom_the_adapter_does_not_know(
    tmp_path: Path, billing: Billing, received: list[str]
) -> None:
    def anybody(_: Identity) -> bool:
        return True

    entrance = Entrance(billing=billing, kind="operator", is_open_to=anybody)
    app = small_site(tmp_path / "closed", billing, received=received, guards=[entrance.guard])

    async with browser(app) as client:
        page = await client.get("/")
        source = re.findall(r'href="(/[^"]+)"', page.text)[0]
        static = await client.get(source)

    assert page.status_code == 403
    assert "This page is not open to you" in page.text
    assert static.status_code == 200
    assert HERE not in page.text
