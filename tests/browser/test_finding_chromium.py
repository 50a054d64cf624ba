"""The lane's own preparation: which Chromium is taken, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import prepare_browser


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the whole PATH; Playwright has nothing, and can fetch nothing."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")
    return tmp_path


def add(program: Path, *, says: str, code: int = 0) -> str:
    program.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    program.chmod(0o755)
    return str(program)


def test_one_on_the_path_is_taken(programs: Path) -> None:
    found = add(programs / "google-chrome", says="Google Chrome 150.0")

    assert prepare_browser.find() == found


def test_a_script_that_only_says_how_to_install_one_is_passed_over(programs: Path) -> None:
    add(programs / "chromium-browser", says="install it with: snap install chromium", code=1)
    found = add(programs / "google-chrome", says="Google Chrome 150.0")

    assert prepare_browser.find() == found


def test_the_named_one_comes_first(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(programs / "chromium", says="Chromium 140.0")
    named = add(programs / "another", says="Chromium 150.0")
    monkeypatch.setenv("CHROMIUM", named)

    assert prepare_browser.find() == named


def test_a_named_one_that_does_not_run_is_not_replaced(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(programs / "chromium", says="Chromium 150.0")
    monkeypatch.setenv("CHROMIUM", str(programs / "missing"))

    with pytest.raises(prepare_browser.NoChromium, match="is not a Chromium that runs"):
        prepare_browser.find()


def test_without_any_it_says_what_to_do(programs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert prepare_browser.main() == 1

    said, advice = capfd.readouterr()
    assert said == ""
    assert "CHROMIUM=/path/to/chromium make test-browser" in advice
