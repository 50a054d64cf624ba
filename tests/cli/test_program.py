"""The program itself: what it costs to start, how it fails, and what plugins add to it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import click
import pytest

from accrue_core import errors
from accrue_core.cli.exits import CODES, exit_code_of, reason
from accrue_core.cli.main import accrue as program
from tests.cli.conftest import Console

OWN = {
    "capabilities", "database", "doctor", "handlers", "ledger", "operations", "plugins",
    "webhooks", "worker",
}  # fmt: skip
HEAVY = {"aiosqlite", "alembic", "asyncpg", "jinja2", "litestar", "pluggy", "sqlalchemy"}

WITH_COMMANDS = """\
import click
from accrue_core import Accrue, Settings, errors
from tests.cli.stand_in import Offered

@click.command()
@click.argument("error")
def fail(error):
    raise {"lost": errors.ProcessorUnavailable("nobody answered"),
           "absent": errors.NotFound("no such thing"),
           "broken": ValueError("the password is hunter2")}[error]

settings = Settings(database_url="sqlite+aiosqlite:///none", plugins_disabled=frozenset({"fake"}))
accrue = Accrue(settings, plugins=[Offered(commands=[fail%s])])
"""


def all_errors() -> list[type[errors.AccrueError]]:
    found = [
        value for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.AccrueError)
    ]  # fmt: skip
    assert len(found) > 20
    return found


@pytest.mark.parametrize("error", all_errors())
def test_every_error_has_an_exit_code_chosen_for_its_branch(
    error: type[errors.AccrueError],
) -> None:
    nearest = next(ancestor for ancestor in error.__mro__ if ancestor in CODES)

    assert nearest is not errors.AccrueError or error is errors.AccrueError
    assert 1 <= exit_code_of(error) <= 7


def test_the_program_is_light_to_import() -> None:
    code = "import sys, accrue_core.cli.main; print(*{n.partition('.')[0] for n in sys.modules})"
    shown = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )

    assert "click" in shown.stdout.split()
    assert not HEAVY & set(shown.stdout.split())


def test_help_needs_no_settings(console: Console) -> None:
    shown = console.execute("--help")

    assert shown.returncode == 0
    assert shown.stderr == ""
    assert all(f"  {name} " in shown.stdout for name in OWN)


def test_every_command_s_help_needs_no_settings_and_says_whether_it_is_safe_to_repeat(
    console: Console,
) -> None:
    paths = [
        (name, *rest)
        for name, command in program.commands.items()
        for rest in (
            [(inner,) for inner in command.commands] if isinstance(command, click.Group) else [()]
        )
    ]
    for path in paths:
        shown = console.run(*path, "--help")
        assert shown.exit_code == 0, shown.output
        assert "Safe to" in shown.output, path


def test_missing_settings_are_one_sentence_and_code_3(console: Console) -> None:
    shown = console.execute("plugins")

    assert shown.returncode == 3
    assert shown.stdout == ""
    assert shown.stderr == (
        "accrue: ACCRUE_DATABASE_URL is not set: Accrue needs a database of its own\n"
    )


@pytest.mark.parametrize(
    ("app", "sentence"),
    [
        ("nothing", "written module:attribute"),
        ("no_such_module_here:accrue", "No module named 'no_such_module_here'"),
        ("accrue_core:Missing", "has no Missing"),
        ("accrue_core:Settings", "not an Accrue"),
    ],
)
def test_an_app_that_is_none_is_code_3(console: Console, app: str, sentence: str) -> None:
    shown = console.run("--app", app, "plugins")

    assert shown.exit_code == 3
    assert sentence in shown.stderr


def test_an_app_that_fails_to_import_keeps_its_message_to_itself(console: Console) -> None:
    app = console.host("raise RuntimeError('the password is hunter2')")

    shown = console.run("--app", app, "plugins")
    traced = console.run("--app", app, "--traceback", "plugins")

    assert shown.exit_code == traced.exit_code == 3
    assert "RuntimeError" in shown.stderr
    assert "hunter2" not in shown.output
    assert "hunter2" in traced.stderr


def test_an_app_that_lacks_a_setting_says_which(console: Console) -> None:
    shown = console.run("--app", console.host(), "plugins")

    assert shown.exit_code == 3
    assert "ACCRUE_DATABASE_URL is not set" in shown.stderr


def test_a_plugin_s_command_runs_and_its_errors_become_codes(console: Console) -> None:
    app = console.host(WITH_COMMANDS % "")

    listed = console.execute("--app", app, "--help")
    lost = console.execute("--app", app, "fail", "lost")
    absent = console.execute("--app", app, "fail", "absent")

    assert listed.stdout.split()[-1] == "fail"
    assert (lost.returncode, lost.stderr) == (6, "accrue: nobody answered\n")
    assert (absent.returncode, absent.stderr) == (4, "accrue: no such thing\n")


def test_a_stranger_s_error_is_named_and_not_quoted(console: Console) -> None:
    app = console.host(WITH_COMMANDS % "")

    shown = console.run("--app", app, "fail", "broken")
    traced = console.run("--app", app, "--traceback", "fail", "broken")

    assert shown.exit_code == traced.exit_code == 1
    assert "ValueError" in shown.stderr
    assert "hunter2" not in shown.output
    assert "hunter2" in traced.stderr


@pytest.mark.parametrize("taken", ["worker", "fail"])
def test_two_commands_of_one_name_are_a_conflict(console: Console, taken: str) -> None:
    app = console.host(WITH_COMMANDS % f", click.Command({taken!r})")

    shown = console.run("--app", app, "fail", "lost")
    listed = console.run("--app", app, "--help")

    assert shown.exit_code == 3
    assert f"two commands are called '{taken}'" in shown.stderr
    assert listed.exit_code == 0
    assert f"two commands are called '{taken}'" in " ".join(listed.stdout.split())


def test_a_broken_plugin_leaves_help_usable_and_is_named_in_it(console: Console) -> None:
    install_broken_plugin(console.folder)
    console.settings["PYTHONPATH"] = f"{console.environment['PYTHONPATH']}:{console.folder}"

    listed = console.execute("--help")
    asked = console.execute("something")
    disabled = {**console.settings, "ACCRUE_PLUGINS_DISABLED": "fake,stripe,sorry"}
    cured = Console(console.folder, disabled).execute("--help")

    said = "plugin 'sorry' (sorry-plugin 1.0) could not be loaded"
    assert listed.returncode == 0
    assert "  worker " in listed.stdout
    assert said in " ".join(listed.stdout.split())
    assert asked.returncode == 3
    assert said in asked.stderr
    assert "Missing" not in cured.stdout


def test_an_unknown_command_is_wrong_usage(console: Console) -> None:
    shown = console.run("nonsense")

    assert shown.exit_code == 2
    assert "No such command 'nonsense'" in shown.stderr


def test_a_database_s_error_does_not_repeat_values() -> None:
    class DataError(Exception):
        __module__ = "asyncpg.exceptions"
        sqlstate = "22P02"

    class PasswordError(Exception):
        __module__ = "asyncpg.exceptions"
        sqlstate = "28P01"

    assert reason(DataError("invalid input: 'ada@example.org'")) == "DataError"
    assert reason(PasswordError('failed for user "ada"\nDETAIL: x')).endswith('user "ada"')


def install_broken_plugin(folder: Path) -> None:
    """Put a distribution on the path whose entry point cannot be imported."""
    information = folder / "sorry_plugin-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: sorry-plugin\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text("[accrue]\nsorry = no_such_module_at_all\n")
