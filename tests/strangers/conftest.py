"""What each stranger has told: a Python program and a Node program, each with a server of its own.

Run by ``make test-strangers``, or by naming this folder. A normal run leaves it alone, and it is
never skipped: without Node, or before its SDK is installed, the tests fail and say what to do.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.strangers import prepare
from tests.strangers.serving import told_by


@pytest.fixture(scope="session")
def python_told() -> dict[str, Any]:
    """Let the official SDK for Python live through the story."""
    return told_by([sys.executable, "-m", "tests.strangers.story"])


@pytest.fixture(scope="session")
def node() -> str:
    """Return the path of Node, whose SDK is installed."""
    program = prepare.node()
    if not prepare.is_installed():
        raise prepare.NotPrepared("the SDK for Node is not installed: make test-strangers does it")
    return program


@pytest.fixture(scope="session")
def node_told(node: str) -> dict[str, Any]:
    """Let the official SDK for Node live through the story."""
    return told_by([node, str(prepare.PROJECT / "story.js")])


@pytest.fixture(params=["python", "node"])
def told(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what one of them saw."""
    seen: dict[str, Any] = request.getfixturevalue(f"{request.param}_told")
    return seen
