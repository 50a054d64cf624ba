"""The Python in the documentation runs: each page in one session, one block after the other."""

import inspect
import os
import sys
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import httpx
import pytest

from accrue_core import Accrue
from tests.architecture.source import REPOSITORY
from tests.docs.pages import Page, docs

LANGUAGES = {"python", "text", "toml", "sh", "sql", "json"}
"""What blocks may be marked as. Only Python runs; what cannot run is marked as text."""

WITH_PYTHON = [page for page in docs() if any(b.language == "python" for b in page.blocks)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder, with none of Accrue's variables set."""
    for name in [name for name in os.environ if name.startswith("ACCRUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def run(page: Page, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the Python blocks of a page in one module; return what they have left behind."""
    module = ModuleType(f"docs_{page.path.stem.replace('-', '_')}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in page.blocks:
        if block.language != "python":
            continue
        source = "\n" * block.line + block.code
        compiled = compile(source, page.path, "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = FunctionType(compiled, vars(module))()
        if inspect.isawaitable(result):
            await result
    return vars(module)


async def close(left_behind: dict[str, Any]) -> None:
    """Do what a host's lifespan does at its end."""
    for value in list(left_behind.values()):
        if isinstance(value, Accrue):
            await value.runtime.close()


@pytest.mark.parametrize("page", docs(), ids=lambda page: page.name)
def test_every_block_says_what_it_is_written_in(page: Page) -> None:
    assert [b for b in page.blocks if b.language not in LANGUAGES] == []
    assert page.text.count("\n```") % 2 == 0


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
async def test_the_python_of_a_page_runs(
    page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await close(await run(page, monkeypatch))


async def test_the_host_of_the_readme_serves(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind = await run(Page(REPOSITORY / "accrue_core" / "README.md"), monkeypatch)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[Any] = []
    app = left_behind["app"]

    async def receive() -> dict[str, str]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "lifespan.startup.complete":
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://host") as http:
                sent.append((await http.get("/billing/health/ready")).status_code)
                sent.append((await http.get("/notes")).status_code)
                sent.append((await http.get("/reports")).status_code)

    await app({"type": "lifespan"}, receive, send)
    await close(left_behind)

    assert sent == ["lifespan.startup.complete", 200, 200, 403, "lifespan.shutdown.complete"]
