"""The reference says what the code says, all of it and nothing else."""

import ast
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accrue_core import billing, errors, hookspecs, settings
from accrue_core.app import MIRRORS
from accrue_core.contracts.capabilities import Capability
from accrue_core.db import migrations
from accrue_core.facade import Billing
from accrue_core.ledger import events as ledger_events
from tests.architecture.source import REPOSITORY
from tests.docs.pages import REFERENCE, reference

TOOL = REPOSITORY / "tools" / "build_docs.py"


def built(*arguments: str, tool: Path = TOOL) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, tool, *arguments], capture_output=True, text=True, check=False
    )


def folder_of(package: Any) -> Path:
    return Path(str(package.__file__)).parent


def constants_called(name: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield class and value of every text that a class body assigns to a name."""
    for kind in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)):
        for node in kind.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                yield kind.name, ast.literal_eval(node.value)  # type: ignore[attr-defined]


def test_the_pages_are_what_the_code_says() -> None:
    checked = built("--check")

    assert checked.returncode == 0, f"run make docs: {checked.stdout}{checked.stderr}"


def test_the_check_fails_on_a_difference_and_changes_nothing(tmp_path: Path) -> None:
    copied = tmp_path / "tools" / "build_docs.py"
    page = tmp_path / "docs" / "reference" / "settings.md"
    shutil.copytree(REFERENCE, page.parent)
    copied.parent.mkdir()
    shutil.copy(TOOL, copied)
    assert built(tool=copied).returncode == 0
    wrong = page.read_text(encoding="utf-8").replace("ACCRUE_LEASE", "ACCRUE_LOAN")
    page.write_text(wrong, encoding="utf-8")

    checked = built("--check", tool=copied)

    assert (checked.returncode, checked.stdout) == (1, "docs/reference/settings.md differs\n")
    assert page.read_text(encoding="utf-8") == wrong


def test_every_verb_has_a_heading_and_every_heading_a_verb() -> None:
    public = [name for name in vars(Billing) if not name.startswith("_")]

    assert reference("verbs").titles(2) == public


def test_every_hook_and_argument_has_a_heading() -> None:
    hooks = [hook for hook in vars(hookspecs).values() if hasattr(hook, "accrue_spec")]
    arguments = [
        f"{hook.__name__}({name})" for hook in hooks for name in inspect.signature(hook).parameters
    ]

    assert reference("hooks").titles(2) == [hook.__name__ for hook in hooks]
    assert reference("hooks").titles(3) == arguments


def test_every_error_code_has_a_heading() -> None:
    codes = [
        error.code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.AccrueError)
    ]

    assert sorted(reference("errors").titles(2)) == sorted(codes)
    assert len(set(codes)) == len(codes)


def test_every_setting_has_a_heading() -> None:
    named = re.findall(r"\bACCRUE_[A-Z_]+\b", inspect.getsource(settings))

    assert reference("settings").titles(2) == list(dict.fromkeys(named))


def test_every_ledger_event_has_a_heading() -> None:
    paths = sorted(folder_of(billing).glob("*/events.py"))
    types = [
        type_
        for path in paths
        for _, type_ in constants_called("type", path.read_text(encoding="utf-8"))
    ]
    everywhere = [type_ for _, type_ in constants_called("type", inspect.getsource(ledger_events))]
    page = reference("ledger-events")

    assert len(paths) == len(MIRRORS.mirrors)
    assert sorted(page.titles(2)) == sorted([*(f"<noun>.{type_}" for type_ in everywhere), *types])
    for mirror in MIRRORS.mirrors:
        assert {f"{mirror.noun}.{type_}" for type_ in everywhere} <= set(page.code)


def test_every_table_has_a_heading() -> None:
    created = [
        str(node.args[0].value)
        for path in folder_of(migrations).glob("versions/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create_table"
        and isinstance(node.args[0], ast.Constant)
    ]

    assert reference("tables").titles(2) == sorted(created)


@pytest.mark.parametrize("capability", Capability)
def test_every_capability_has_a_row(capability: Capability) -> None:
    assert f"\n| `{capability.value}` | " in reference("capabilities").text


@pytest.mark.parametrize("page", sorted(REFERENCE.glob("*.md")), ids=lambda path: path.stem)
def test_no_page_names_a_place_on_a_machine(page: Path) -> None:
    assert str(REPOSITORY) not in page.read_text(encoding="utf-8")
