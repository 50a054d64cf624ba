"""The lane's own preparation: what is taken, and what is said when something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.strangers import prepare


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the whole PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a lock, in which nothing is installed."""
    (tmp_path / "project" / "node_modules").mkdir(parents=True)
    (tmp_path / "project" / "package-lock.json").write_text("{}")
    return tmp_path / "project"


def add(program: Path, *, does: str) -> str:
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    return str(program)


def test_a_node_that_is_new_enough_is_taken(programs: Path) -> None:
    found = add(programs / "node", does="echo v20.0.1")

    assert prepare.node() == found


@pytest.mark.parametrize("does", ["echo v18.20.4", "echo nonsense", "exit 1"])
def test_one_that_is_too_old_or_broken_is_not(programs: Path, does: str) -> None:
    add(programs / "node", does=does)

    with pytest.raises(prepare.NotPrepared, match="Node 20 or newer"):
        prepare.node()


def test_without_node_it_says_what_to_do(programs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert prepare.main() == 1

    said, advice = capfd.readouterr()
    assert said == ""
    assert "there is no node" in advice
    assert "apt-get install nodejs npm" in advice


def test_without_npm_it_says_so(programs: Path, project: Path) -> None:
    with pytest.raises(prepare.NotPrepared, match="there is no npm"):
        prepare.install(project)


def test_what_the_lock_names_is_installed_once_and_again_when_it_changes(
    programs: Path, project: Path
) -> None:
    add(programs / "npm", does='echo "$@" >> asked')

    for _ in range(2):
        prepare.install(project)
    (project / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert not prepare.is_installed(project)
    prepare.install(project)

    assert (project / "asked").read_text() == "ci\nci\n"


def test_an_installation_that_fails_is_not_taken_for_one(programs: Path, project: Path) -> None:
    add(programs / "npm", does="exit 1")

    with pytest.raises(prepare.NotPrepared, match="could not install"):
        prepare.install(project)
    assert not prepare.is_installed(project)


def test_the_lock_names_no_place_to_fetch_from() -> None:
    lock = (prepare.PROJECT / "package-lock.json").read_text(encoding="utf-8")

    assert '"integrity": "sha512-' in lock
    assert "://" not in lock
