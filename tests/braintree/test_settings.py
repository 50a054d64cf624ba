"""Settings, and what the plugin offers because of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pluggy
import pytest

from accrue_braintree import plugin
from accrue_braintree.settings import REQUIRED, BraintreeSettings
from accrue_core import hookspecs
from accrue_core.errors import ConfigurationError, MissingSetting
from accrue_core.settings import Secret, Settings
from tests.braintree.wire import SETTINGS

ENV = {
    "ACCRUE_BRAINTREE_MERCHANT_ID": "merchant1",
    "ACCRUE_BRAINTREE_PUBLIC_KEY": "public1",
    "ACCRUE_BRAINTREE_PRIVATE_KEY": " private1 ",
}


def test_an_account_is_read_from_the_environment() -> None:
    found = BraintreeSettings.from_env(
        ENV
        | {
            "ACCRUE_BRAINTREE_ENVIRONMENT": "sandbox",
            "ACCRUE_BRAINTREE_NAME": "eu",
            "ACCRUE_BRAINTREE_API_BASE": "http://127.0.0.1:3000/",
            "ACCRUE_BRAINTREE_CURRENCIES": "main=usd, euro = eur,",
            "ACCRUE_BRAINTREE_TIME_ZONE": "Europe/Berlin",
            "ACCRUE_BRAINTREE_CONNECT_TIMEOUT": "2.5",
            "ACCRUE_BRAINTREE_REQUEST_TIMEOUT": "10",
            "ACCRUE_BRAINTREE_FETCH_LIMIT": "3",
        }
    )
    assert found == replace(
        SETTINGS,
        name="eu",
        api_base="http://127.0.0.1:3000",
        currencies={"main": "usd", "euro": "eur"},
        time_zone="Europe/Berlin",
        connect_timeout=2.5,
        request_timeout=10.0,
        fetch_limit=3,
    )
    assert found.account.currencies == {"main": "usd", "euro": "eur"}
    assert found.account.start_of(date(2027, 7, 1)) == datetime(2027, 6, 30, 22, tzinfo=UTC)


def test_the_defaults_are_the_sandbox_s() -> None:
    found = BraintreeSettings.from_env(ENV)
    assert found == SETTINGS
    assert (found.environment, found.livemode, found.api_base) == ("sandbox", False, None)
    assert (found.name, found.time_zone, dict(found.currencies)) == ("braintree", "UTC", {})


def test_production_is_live() -> None:
    found = BraintreeSettings.from_env(ENV | {"ACCRUE_BRAINTREE_ENVIRONMENT": "production"})
    assert found is not None
    assert found.livemode


@pytest.mark.parametrize("others", [{}, {"ACCRUE_BRAINTREE_ENVIRONMENT": "production"}])
def test_without_its_keys_there_is_no_account(others: dict[str, str]) -> None:
    assert BraintreeSettings.from_env(others) is None
    assert BraintreeSettings.from_env(others | dict.fromkeys(REQUIRED, "  ")) is None


@pytest.mark.parametrize("missing", REQUIRED)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_half_an_account_is_refused_by_the_name_of_what_is_missing(
    missing: str, blank: str | None
) -> None:
    environ = {name: value for name, value in ENV.items() if name != missing}
    if blank is not None:
        environ[missing] = blank
    with pytest.raises(MissingSetting, match=missing):
        BraintreeSettings.from_env(environ)


@pytest.mark.parametrize("given", REQUIRED)
def test_one_key_alone_is_half_an_account(given: str) -> None:
    with pytest.raises(MissingSetting):
        BraintreeSettings.from_env({given: ENV[given]})


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": "development"},
        {"environment": ""},
        {"merchant_id": ""},
        {"merchant_id": "a/b"},
        {"public_key": "a|b"},
        {"public_key": "a:b"},
        {"private_key": Secret("")},
        {"private_key": Secret("two words")},
        {"private_key": Secret("schlüssel")},
        {"name": "My Braintree"},
        {"name": "a/b"},
        {"api_base": ""},
        {"api_base": "https://api.braintreegateway.com"},
        {"api_base": "http://127.0.0.1"},
        {"api_base": "http://127.0.0.1:0"},
        {"api_base": "http://127.0.0.1:x"},
        {"api_base": "https://127.0.0.1:443"},
        {"api_base": "http://127.0.0.1.example:3000"},
        {"api_base": "http://user@127.0.0.1:3000"},
        {"api_base": "http://127.0.0.1:3000/merchants"},
        {"api_base": "http://127.0.0.1:3000", "environment": "production"},
        {"currencies": {"main": "USD"}},
        {"currencies": {"main": "xts"}},
        {"currencies": {"main": ""}},
        {"currencies": {"": "usd"}},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": ""},
        {"max_age": 0},
        {"max_ahead": -1},
        {"connect_timeout": 0},
        {"request_timeout": -1},
        {"fetch_limit": 0},
    ],
)
def test_nonsense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        replace(SETTINGS, **changes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CURRENCIES", "usd"),
        ("CURRENCIES", "main=usd,main=eur"),
        ("CURRENCIES", "main=dollars"),
        ("REQUEST_TIMEOUT", "soon"),
        ("REQUEST_TIMEOUT", "nan"),
        ("REQUEST_TIMEOUT", "1e3"),
        ("CONNECT_TIMEOUT", "0"),
        ("FETCH_LIMIT", "2.5"),
        ("FETCH_LIMIT", "-1"),
    ],
)
def test_a_variable_that_cannot_be_read_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError):
        BraintreeSettings.from_env(ENV | {f"ACCRUE_BRAINTREE_{name}": text})


def test_settings_do_not_show_what_is_secret() -> None:
    assert "private1" not in repr(SETTINGS)
    with pytest.raises(ConfigurationError) as refused:
        replace(SETTINGS, private_key=Secret("open sesame"))
    assert "sesame" not in str(refused.value)


def test_the_plugin_offers_the_account_that_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    core = Settings(database_url="sqlite+aiosqlite:///unused.db")
    for name in ENV:
        monkeypatch.delenv(name, raising=False)
    assert manager.hook.register_processors(settings=core) == [()]
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    ((processor,),) = manager.hook.register_processors(settings=core)
    assert processor.name == "braintree"
