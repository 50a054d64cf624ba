"""Settings, and what the plugin offers because of them."""

from __future__ import annotations

from typing import Any

import pluggy
import pytest
import stripe

from accrue_core import hookspecs
from accrue_core.errors import ConfigurationError, MissingSetting
from accrue_core.settings import Secret, Settings
from accrue_stripe import plugin
from accrue_stripe.settings import (
    API_VERSION,
    StripeAccount,
    StripeSettings,
    account_from_env,
)

ENV = {"ACCRUE_STRIPE_API_KEY": "sk_test_1", "ACCRUE_STRIPE_WEBHOOK_SECRETS": "whsec_1, whsec_2,"}


def settings(api_key: str = "sk_test_1", **changes: Any) -> StripeSettings:
    values = {"webhook_secrets": (Secret("whsec_1"),), **changes}
    return StripeSettings(api_key=Secret(api_key), **values)


def test_an_account_is_read_from_the_environment() -> None:
    found = StripeSettings.from_env(
        ENV | {"ACCRUE_STRIPE_API_BASE": "http://127.0.0.1:12111/", "ACCRUE_STRIPE_NAME": "eu"}
    )
    assert found == settings(
        webhook_secrets=(Secret("whsec_1"), Secret("whsec_2")),
        api_base="http://127.0.0.1:12111",
        name="eu",
        livemode=False,
    )


def test_the_defaults_are_stripe_s() -> None:
    found = StripeSettings.from_env(ENV)
    assert found is not None
    assert (found.api_base, found.name, found.tolerance) == (
        "https://api.stripe.com",
        "stripe",
        300,
    )


@pytest.mark.parametrize("key", [None, "", "  "])
def test_without_a_key_there_is_no_account(key: str | None) -> None:
    environ = {} if key is None else {"ACCRUE_STRIPE_API_KEY": key}
    assert StripeSettings.from_env(environ) is None


def test_a_key_without_a_webhook_secret_is_refused() -> None:
    for secrets in ("", " , "):
        with pytest.raises(MissingSetting, match="WEBHOOK_SECRETS"):
            StripeSettings.from_env(ENV | {"ACCRUE_STRIPE_WEBHOOK_SECRETS": secrets})


@pytest.mark.parametrize(
    ("key", "livemode"),
    [("sk_test_1", False), ("rk_test_1", False), ("sk_live_1", True), ("rk_live_1", True)],
)
def test_the_mode_follows_from_the_key(key: str, livemode: bool) -> None:
    assert settings(key).livemode is livemode
    assert settings(key, livemode=livemode).livemode is livemode
    with pytest.raises(ConfigurationError, match="livemode"):
        settings(key, livemode=not livemode)


@pytest.mark.parametrize(
    "key",
    ["", "pk_test_1", "sk_1", "whsec_1", "sk_test_", "sk_test_1 2", "sk_test_1\u200b", "sk_test_é"],
)
def test_what_is_no_secret_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        settings(key)
    assert not key or key not in str(refused.value).replace("sk_test_, ", "")


@pytest.mark.parametrize(
    "base",
    [
        "",
        "api.stripe.com",
        "http://api.stripe.com",
        "https://api.stripe.com/v1",
        "https://user@api.stripe.com",
        "ftp://127.0.0.1",
        "http://127.0.0.1.example",
        "http://127.0.0.1:x",
        "https://",
    ],
)
def test_a_base_that_is_no_safe_origin_is_refused(base: str) -> None:
    with pytest.raises(ConfigurationError):
        settings(api_base=base)


SEVERAL = ENV | {
    "ACCRUE_STRIPE_ACCOUNTS": "eu, us,",
    "ACCRUE_STRIPE_EU_API_KEY": "sk_test_eu",
    "ACCRUE_STRIPE_EU_WEBHOOK_SECRETS": "whsec_eu",
    "ACCRUE_STRIPE_EU_API_BASE": "http://127.0.0.1:12111",
    "ACCRUE_STRIPE_US_API_KEY": "sk_live_us",
    "ACCRUE_STRIPE_US_WEBHOOK_SECRETS": "whsec_us",
    "ACCRUE_STRIPE_US_MODE": "live",
    "ACCRUE_STRIPE_US_NAME": "america",
}


def test_several_accounts_are_read_under_names_of_their_own() -> None:
    plain, eu, us = StripeSettings.all_from_env(SEVERAL)
    assert (plain.name, eu.name, us.name) == ("stripe", "stripe-eu", "america")
    assert [one.api_key.reveal() for one in (plain, eu, us)] == [
        "sk_test_1",
        "sk_test_eu",
        "sk_live_us",
    ]
    assert (eu.is_loopback, us.is_loopback) == (True, False)
    assert (eu.livemode, us.livemode) == (False, True)
    assert us.webhook_secrets == (Secret("whsec_us"),)


def test_an_account_that_is_named_has_a_key_and_a_secret() -> None:
    for missing in ("ACCRUE_STRIPE_EU_API_KEY", "ACCRUE_STRIPE_EU_WEBHOOK_SECRETS"):
        with pytest.raises(MissingSetting, match=missing):
            StripeSettings.all_from_env(SEVERAL | {missing: ""})
    with pytest.raises(ConfigurationError, match="eu-west"):
        StripeSettings.all_from_env({"ACCRUE_STRIPE_ACCOUNTS": "eu-west"})


def test_the_mode_may_be_said_and_a_key_of_the_other_is_refused() -> None:
    found = StripeSettings.from_env(ENV | {"ACCRUE_STRIPE_MODE": "test"})
    assert found is not None
    assert found.livemode is False
    for mode in ("live", "production"):
        with pytest.raises(ConfigurationError):
            StripeSettings.from_env(ENV | {"ACCRUE_STRIPE_MODE": mode})


def test_an_account_without_webhook_secrets_can_be_asked_and_not_be_worked_with() -> None:
    bare = {"ACCRUE_STRIPE_EU_API_KEY": "sk_test_eu"}
    account = account_from_env(bare, "eu")
    assert (type(account), account.name) == (StripeAccount, "stripe-eu")
    with pytest.raises(MissingSetting, match="ACCRUE_STRIPE_API_KEY"):
        account_from_env(bare, None)


def test_a_live_key_is_not_sent_to_a_stand_in() -> None:
    with pytest.raises(ConfigurationError, match="live key"):
        settings("sk_live_1", api_base="http://127.0.0.1:12111")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "My Stripe"},
        {"name": "a/b"},
        {"tolerance": 0},
        {"request_timeout": -1},
        {"fetch_limit": 0},
        {"call_timeout": 0},
        {"retries": -1},
        {"retry_delay": 0},
        {"breaker_failures": 0},
        {"webhook_secrets": ()},
        {"webhook_secrets": (Secret(""),)},
        {"webhook_secrets": (Secret(" whsec_1"),)},
    ],
)
def test_other_nonsense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        settings(**changes)


def test_settings_do_not_show_what_is_secret() -> None:
    assert "whsec_1" not in repr(settings())
    assert "sk_test_1" not in repr(settings())


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
    assert processor.name == "stripe"
    for name, value in SEVERAL.items():
        monkeypatch.setenv(name, value)
    (processors,) = manager.hook.register_processors(settings=core)
    assert [one.name for one in processors] == ["stripe", "stripe-eu", "america"]


def test_the_api_version_is_the_one_that_the_sdk_was_made_for() -> None:
    assert stripe.api_version == API_VERSION
