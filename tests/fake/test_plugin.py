"""What installing the plugin gives, and to whom."""

from __future__ import annotations

import importlib

import pytest

import accrue_fake
from accrue_core.contracts.capabilities import Capability
from accrue_core.errors import ConfigurationError
from accrue_core.settings import Secret, Settings
from accrue_fake import FakeProcessor, FakeSettings, HostedBackend
from accrue_fake.plugin import register_commands, register_processors

SETTINGS = Settings(database_url="sqlite+aiosqlite:///never-opened.db")
VARIABLES = (
    "ACCRUE_FAKE",
    "ACCRUE_FAKE_SOCKET",
    "ACCRUE_FAKE_NAME",
    "ACCRUE_FAKE_WEBHOOK_SECRET",
    "ACCRUE_FAKE_PAGES_URL",
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_installing_it_changes_nothing() -> None:
    assert register_processors(settings=SETTINGS) == ()


def test_switched_on_it_is_an_engine_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCRUE_FAKE", "1")
    monkeypatch.setenv("ACCRUE_FAKE_NAME", "pretend")
    monkeypatch.setenv("ACCRUE_FAKE_PAGES_URL", "https://shop.example/billing/fake")

    (processor,) = register_processors(settings=SETTINGS)

    assert isinstance(processor, FakeProcessor)
    assert processor.name == "pretend"
    assert processor.engine is not None
    link = processor.engine.addresses.of("checkout", "cs_fake_00001").reveal()
    assert link.startswith("https://shop.example/billing/fake/checkout/")


def test_with_a_socket_it_is_an_engine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCRUE_FAKE_SOCKET", "somewhere")

    (processor,) = register_processors(settings=SETTINGS)

    assert isinstance(processor, FakeProcessor)
    assert isinstance(processor.backend, HostedBackend)


def test_settings_do_not_show_the_secret() -> None:
    settings = FakeSettings.from_env({"ACCRUE_FAKE_WEBHOOK_SECRET": "whsec_hidden"})

    assert settings.webhook_secret == Secret("whsec_hidden")
    assert "whsec_hidden" not in repr(settings)
    assert not settings.is_configured
    with pytest.raises(ConfigurationError):
        FakeSettings.from_env({"ACCRUE_FAKE": "perhaps"})
    with pytest.raises(ConfigurationError):
        FakeSettings.from_env({"ACCRUE_FAKE_PAGES_URL": "shop.example/billing/fake"})


def test_it_offers_commands() -> None:
    (command,) = register_commands()

    assert command.name == "fake"


def test_every_public_name_is_there() -> None:
    for name in accrue_fake.__all__:
        assert getattr(accrue_fake, name).__name__ == name
    with pytest.raises(AttributeError):
        importlib.import_module("accrue_fake").Nothing  # noqa: B018


def test_the_readme_has_the_support_table() -> None:
    from pathlib import Path

    from accrue_fake.processor import SUPPORT

    readme = Path(accrue_fake.__file__).parents[2] / "README.md"
    text = readme.read_text(encoding="utf-8")
    for capability in Capability:
        assert f"| `{capability}` | {SUPPORT[capability]} |" in text
