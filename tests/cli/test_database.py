"""``accrue database`` on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accrue_core.db import migrate
from tests.cli.conftest import Console
from tests.services.lanes import on_sqlite


def test_a_database_is_checked_upgraded_and_left_alone(empty: Console) -> None:
    before = empty.execute("database", "check")
    upgraded = empty.execute("database", "upgrade")
    repeated = empty.execute("database", "upgrade")
    after = empty.execute("database", "check")

    head = migrate.head()
    assert before.returncode == 3
    assert f"revision none, this version needs {head}" in before.stdout
    assert "accrue database upgrade" in before.stdout
    assert upgraded.returncode == repeated.returncode == after.returncode == 0
    assert upgraded.stdout == f"upgraded the database from revision none to {head}\n"
    assert "nothing to do" in repeated.stdout
    assert f"revision {head}" in after.stdout


def test_the_same_as_json(empty: Console) -> None:
    before = empty.run("database", "check", "--json")
    upgraded = empty.run("database", "upgrade", "--json")
    after = empty.run("database", "check", "--json")

    head = migrate.head()
    assert before.exit_code == 3
    assert json.loads(before.stdout) == {"current": None, "needed": head, "is_current": False}
    assert json.loads(upgraded.stdout) == {"before": None, "after": head}
    assert json.loads(after.stdout) == {"current": head, "needed": head, "is_current": True}


def test_a_revision_nobody_knows_fails_in_one_sentence(empty: Console) -> None:
    shown = empty.run("database", "upgrade", "--revision", "nowhere")

    assert shown.exit_code != 0
    assert len(shown.stderr.splitlines()) == 1
    assert "nowhere" in shown.stderr


def test_a_command_on_an_empty_database_asks_for_the_upgrade(empty: Console) -> None:
    shown = empty.run("webhooks", "list")

    assert shown.exit_code == 3
    assert "run 'accrue database upgrade'" in shown.stderr


@on_sqlite
def test_looking_makes_no_database(empty: Console, database_kind: str) -> None:
    empty.run("database", "check")
    shown = empty.run("doctor")

    assert shown.exit_code == 11
    assert "there is no file" in shown.stdout
    assert list(empty.folder.glob("*.sqlite3*")) == []


def test_an_app_brings_its_own_settings(empty: Console, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.sqlite3"
    app = empty.host(
        "from accrue_core import Accrue, Settings\n"
        f"settings = Settings(database_url='sqlite+aiosqlite:///{elsewhere}')\n"
        "class Shop:\n    accrue = Accrue(settings)\n"
    ).replace(":accrue", ":Shop.accrue")

    assert empty.run("--app", app, "database", "upgrade").exit_code == 0
    assert elsewhere.exists()
    assert empty.run("database", "check").exit_code == 3


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://ada:hunter2@127.0.0.1:1/accrue",
        "postgresql+asyncpg://ada:hun/ter2@127.0.0.1:1/accrue",
        "postgresql+asyncpg://ada:7?hunter2@127.0.0.1:1/accrue",
        "postgresql+asyncpg://ada:hun@ter2@127.0.0.1:1/accrue",
        "postgresql+asyncpg://127.0.0.1:1/accrue?user=ada&password=hunter2",
        "postgresql+asyncpg://127.0.0.1:1/accrue?user=ada&password=hun@ter2",
    ],
)
def test_an_unreachable_database_costs_no_password(console: Console, url: str) -> None:
    console.settings["ACCRUE_DATABASE_URL"] = url

    for arguments in (
        ["database", "check"],
        ["webhooks", "list"],
        ["doctor"],
        ["doctor", "--json"],
    ):
        shown = console.run(*arguments)
        assert shown.exit_code == (11 if "doctor" in arguments else 7), shown.output
        assert "ter2" not in shown.output
