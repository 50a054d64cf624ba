"""What each verb does at the processor when nothing goes wrong: found out once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.mutations import Mutation
from tests.services.databases import Prepare, SqliteDatabases
from tests.wire.faults.scene import Undisturbed, prepared

_KNOWN: dict[str, Undisturbed] = {}


@pytest.fixture
def undisturbed(
    sqlite_databases: SqliteDatabases, prepare_database: Prepare, tmp_path: Path
) -> Callable[[Mutation], Awaitable[Undisturbed]]:
    """Return a function that says what a verb does when the line holds.

    On a database of its own, which is SQLite: what the wire does is the same on any.
    """
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    url = sqlite_databases.create_prepared(folder, prepare_database)

    async def find_out(verb: Mutation) -> Undisturbed:
        if verb.name not in _KNOWN:
            async with prepared(url, verb) as scene:
                await scene.do()
                sent = tuple(one.call for one in scene.line.sent)
                await scene.stage.settle()
                _KNOWN[verb.name] = Undisturbed(sent, scene.effect())
        return _KNOWN[verb.name]

    return find_out
