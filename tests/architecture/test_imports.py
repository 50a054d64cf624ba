"""Importing core costs a host nothing that it does not use."""

import subprocess
import sys

import pytest

HEAVY = (
    "aiosqlite", "alembic", "arq", "asyncpg", "braintree", "httpx", "jinja2", "litestar", "redis",
    "sqlalchemy", "stripe", "weasyprint",
)  # fmt: skip


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    code = "import sys, accrue_core; print(*{name.partition('.')[0] for name in sys.modules})"
    shown = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(shown.stdout.split())


@pytest.mark.parametrize("name", HEAVY)
def test_importing_core_does_not_load(name: str, loaded: set[str]) -> None:
    assert "accrue_core" in loaded
    assert name not in loaded
