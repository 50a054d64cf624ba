"""Origins: one spelling each, and no address that leads anywhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.errors import ConfigurationError, InvalidRequest
from accrue_core.origins import checked_origin, checked_url
from accrue_core.settings import Settings

ALLOWED = frozenset({"https://app.example.com", "http://127.0.0.1:8000"})


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("https://App.Example.COM:443/", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://app.localhost:3000", "http://app.localhost:3000"),
    ],
)
def test_an_origin_has_one_spelling(written: str, origin: str) -> None:
    assert checked_origin(written) == origin
    assert checked_origin(origin) == origin


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "app.example.com",
        "//app.example.com",
        "http://app.example.com",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "https://*.example.com",
        "https://\u0430pp.example.com",
        "https://app.example.com:99999",
        "https://app.example.com:0",
        "javascript:alert(1)",
        "ftp://app.example.com",
        "https://",
        "https://[::1",
        "http://127.0.0.1.evil.test",
        "http://localhost.evil.test",
    ],
)
def test_what_is_not_an_origin_stops_the_start(wrong: str) -> None:
    with pytest.raises(ConfigurationError):
        Settings(database_url="sqlite+aiosqlite:///x.db", allowed_origins=frozenset({wrong}))


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/",
        "https://app.example.com",
        "https://app.example.com:443/done?session={CHECKOUT_SESSION_ID}#top",
        "HTTPS://APP.example.com/done",
        "http://127.0.0.1:8000/checkout/done",
    ],
)
def test_an_address_at_an_allowed_origin_is_taken_as_it_is(url: str) -> None:
    assert checked_url(url, name="success_url", allowed=ALLOWED) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/",
        "https://app.example.com.evil.test/",
        "https://app.example.com@evil.test/",
        "https://evil.test\\@app.example.com/",
        "https://evil.test/\n.app.example.com",
        "\thttps://app.example.com/",
        " https://app.example.com/",
        "https://app.example.com:8443/",
        "http://app.example.com/",
        "http://127.0.0.1/",
        "http://127.0.0.1:8001/",
        "/done",
        "//app.example.com/done",
        "javascript:alert(1)//https://app.example.com",
        "data:text/html,hello",
        "https://app.example.com/" + "x" * 2000,
        "https://app.example.com/\x00",
        "https://app.example.com/\ud800",
        "",
        None,
        b"https://app.example.com/",
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(url: object) -> None:
    with pytest.raises(InvalidRequest):
        checked_url(url, name="success_url", allowed=ALLOWED)  # type: ignore[arg-type]


@given(st.text())
def test_no_text_before_the_host_gets_an_address_through(text: str) -> None:
    try:
        checked_url(f"https://{text}evil.test/", name="success_url", allowed=ALLOWED)
    except InvalidRequest:
        return
    # The host of what was accepted ends where the first of these stands.
    authority = text.partition("/")[0].partition("?")[0].partition("#")[0]
    assert authority.lower() in {"app.example.com", "app.example.com:443"}


def test_without_origins_no_address_is_taken() -> None:
    with pytest.raises(InvalidRequest, match="ACCRUE_ALLOWED_ORIGINS"):
        checked_url("https://app.example.com/", name="return_url", allowed=frozenset())


def test_origins_come_from_the_environment_with_commas() -> None:
    settings = Settings.from_env(
        {
            "ACCRUE_DATABASE_URL": "sqlite+aiosqlite:///x.db",
            "ACCRUE_ALLOWED_ORIGINS": "https://App.example.com, http://localhost:8000",
        }
    )

    assert settings.allowed_origins == {"https://app.example.com", "http://localhost:8000"}
