from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.errors import ConfigurationError, MissingSetting
from accrue_core.settings import Secret, Settings

SQLITE = "sqlite+aiosqlite:///accrue.sqlite3"
POSTGRES = "postgresql+asyncpg://user:s3cret@db.example:5432/accrue"

EXAMPLES: dict[str, tuple[str, Any]] = {
    "ACCRUE_DATABASE_URL": (POSTGRES, POSTGRES),
    "ACCRUE_PROCESSOR": ("stripe", "stripe"),
    "ACCRUE_AUTH": ("session", "session"),
    "ACCRUE_MAILER": ("smtp", "smtp"),
    "ACCRUE_JOB_RUNNER": ("inline", "inline"),
    "ACCRUE_PLUGINS_DISABLED": (" fake, ,stripe ", frozenset({"fake", "stripe"})),
    "ACCRUE_ALLOWED_ORIGINS": (
        "https://App.example.com/, http://localhost:8000",
        frozenset({"https://app.example.com", "http://localhost:8000"}),
    ),
    "ACCRUE_WEBHOOK_MAX_BYTES": ("1000", 1000),
    "ACCRUE_BATCH_SIZE": ("7", 7),
    "ACCRUE_LEASE": ("90.5", timedelta(seconds=90.5)),
    "ACCRUE_CALL_DEADLINE": ("12", timedelta(seconds=12)),
    "ACCRUE_MONEY_DEADLINE": ("3600", timedelta(hours=1)),
    "ACCRUE_POLL_INTERVAL": ("0.25", timedelta(seconds=0.25)),
    "ACCRUE_SEAT_DEBOUNCE": ("0.5", timedelta(seconds=0.5)),
    "ACCRUE_MAX_ATTEMPTS": ("3", 3),
    "ACCRUE_TRANSACTION_POOLER": (" True ", True),
}
VARIABLES = {field.metadata["env"]: field.name for field in fields(Settings)}


def test_every_setting_has_a_variable_an_example_here_and_a_sentence() -> None:
    assert set(EXAMPLES) == set(VARIABLES)
    for field in fields(Settings):
        assert field.metadata["env"] == f"ACCRUE_{field.name.upper()}"
        assert field.metadata["doc"].endswith(".")


@pytest.mark.parametrize("variable", sorted(EXAMPLES))
def test_each_setting_is_read_from_its_variable(variable: str) -> None:
    text, value = EXAMPLES[variable]
    settings = Settings.from_env({"ACCRUE_DATABASE_URL": SQLITE, variable: text})
    assert getattr(settings, VARIABLES[variable]) == value
    for field in fields(Settings):
        if field.name not in {VARIABLES[variable], "database_url"}:
            assert getattr(settings, field.name) == field.default
    assert type(getattr(settings, VARIABLES[variable])) is type(value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ACCRUE_BATCH_SIZE", "many"),
        ("ACCRUE_BATCH_SIZE", ""),
        ("ACCRUE_BATCH_SIZE", "1.5"),
        ("ACCRUE_BATCH_SIZE", "0"),
        ("ACCRUE_MAX_ATTEMPTS", "-1"),
        ("ACCRUE_WEBHOOK_MAX_BYTES", "0"),
        ("ACCRUE_LEASE", "a minute"),
        ("ACCRUE_LEASE", "nan"),
        ("ACCRUE_LEASE", "inf"),
        ("ACCRUE_LEASE", "1e300"),
        ("ACCRUE_LEASE", "30"),
        ("ACCRUE_LEASE", "-5"),
        ("ACCRUE_CALL_DEADLINE", "60"),
        ("ACCRUE_CALL_DEADLINE", "0"),
        ("ACCRUE_CALL_DEADLINE", "-1"),
        ("ACCRUE_MONEY_DEADLINE", "-1"),
        ("ACCRUE_POLL_INTERVAL", "-1"),
        ("ACCRUE_TRANSACTION_POOLER", "maybe"),
        ("ACCRUE_DATABASE_URL", "postgresql://user:s3cret@db.example/accrue"),
        ("ACCRUE_DATABASE_URL", "sqlite+aiosqlite:///:memory:"),
        ("ACCRUE_DATABASE_URL", "sqlite+aiosqlite://"),
        ("ACCRUE_DATABASE_URL", "sqlite+aiosqlite:///"),
        ("ACCRUE_DATABASE_URL", "sqlite+aiosqlite:///file:x?mode=memory&uri=true"),
        ("ACCRUE_DATABASE_URL", ""),
    ],
)
def test_a_value_that_cannot_be_meant_stops_the_start(variable: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env({"ACCRUE_DATABASE_URL": SQLITE, variable: text})
    assert VARIABLES[variable] in str(caught.value).lower()
    assert "s3cret" not in str(caught.value)


def test_a_missing_database_is_named_with_its_variable() -> None:
    with pytest.raises(MissingSetting, match="ACCRUE_DATABASE_URL is not set: ") as caught:
        Settings.from_env({"ACCRUE_PROCESSOR": "stripe"})
    assert caught.value.name == "ACCRUE_DATABASE_URL"
    assert [f.name for f in fields(Settings) if f.default is MISSING] == ["database_url"]


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCRUE_DATABASE_URL", SQLITE)
    monkeypatch.setenv("ACCRUE_BATCH_SIZE", "9")
    assert Settings.from_env().batch_size == 9


@pytest.mark.parametrize(
    "url",
    [
        POSTGRES,
        "postgresql+asyncpg://user:s3cret%40x@db.example/accrue",
        "postgresql+asyncpg://user:s3cret@x@db.example/accrue",
        "postgresql+asyncpg://:s3cret@db.example/accrue",
        "postgresql+asyncpg://db.example/accrue?user=u&password=s3cret",
    ],
)
def test_the_representation_hides_the_password(url: str) -> None:
    settings = Settings(database_url=url)
    for text in (repr(settings), str(settings), f"{settings}", f"{settings!r}"):
        assert "s3cret" not in text
        assert "db.example" in text
        assert "batch_size=50" in text


@given(st.text(min_size=8, max_size=30).filter(lambda text: text not in "Secret('***')"))
def test_a_secret_shows_itself_only_when_asked(value: str) -> None:
    secret = Secret(value)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret!s:>40}".strip(),
        "%s %r" % (secret, secret),  # noqa: UP031
        repr([secret]),
        repr({"key": secret}),
    ]
    assert all(value not in text for text in shown)
    assert secret.reveal() == value
    assert secret == Secret(value)
    assert hash(secret) == hash(Secret(value))
    assert secret != value
    assert not hasattr(secret, "__dict__")


def test_a_secret_cannot_be_pickled_copied_or_encoded() -> None:
    secret = Secret("whsec_value")
    ways: list[Callable[[], Any]] = [
        *(lambda p=p: pickle.dumps(secret, p) for p in range(pickle.HIGHEST_PROTOCOL + 1)),
        lambda: copy.copy(secret),
        lambda: copy.deepcopy([secret]),
        lambda: json.dumps(secret),
        lambda: msgspec.json.encode(secret),
    ]
    for way in ways:
        with pytest.raises(TypeError) as caught:
            way()
        assert "whsec_value" not in str(caught.value)
