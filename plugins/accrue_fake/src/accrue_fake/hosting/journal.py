"""The journal: what a hosted engine needs to be the same engine after a kill.

The engine is deterministic, so its state is a snapshot and the calls made since. A call is written
down before it is answered: a kill loses at most what nobody was told. (A kill of the process, that
is; only the snapshot is also safe from a power cut.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from accrue_core.errors import ConfigurationError
from accrue_core.settings import Secret
from accrue_fake.engine import codec
from accrue_fake.engine.addresses import NOWHERE
from accrue_fake.engine.books import save
from accrue_fake.engine.door import Door
from accrue_fake.engine.engine import Engine
from accrue_fake.notebook import Notebook


class Journal:
    """A snapshot file, and beside it the calls since it was written."""

    def __init__(self, path: Path) -> None:
        self._snapshot = path
        self._calls = Notebook(path.with_name(f"{path.name}.journal"))

    def restore(
        self, make: Callable[[], Engine], *, secret: Secret, pages: str = NOWHERE
    ) -> Engine:
        """Return the engine as it last was, or a new one, and be ready to write on."""
        if self._snapshot.exists():
            head, _, books = self._snapshot.read_bytes().partition(b"\n")
            self._calls.number = _number(head)
            engine = Engine.load(books, webhook_secret=secret, pages=pages)
            self._replay(engine)
        else:
            engine = make()
        self.compact(engine)
        return engine

    def write(self, noun: str, method: str, arguments: Mapping[str, Any]) -> None:
        """Write down one call that may have changed something."""
        packed = {name: codec.pack(value) for name, value in arguments.items()}
        self._calls.write(noun, method, packed)

    def compact(self, engine: Engine) -> None:
        """Write a snapshot that contains every call so far, and start an empty journal."""
        save(self._snapshot, b'{"calls":%d}\n' % self._calls.number + engine.dump())
        self._calls.clear()

    def close(self) -> None:
        """Release the file."""
        self._calls.close()

    def _replay(self, engine: Engine) -> None:
        door = Door(engine)
        for noun, method, packed in self._calls.read():
            arguments = {name: codec.unpack(value) for name, value in packed.items()}
            # What failed when it was first called fails again here, and in the same way.
            with suppress(Exception):
                door.call(noun, method, arguments)


def _number(head: bytes) -> int:
    try:
        return msgspec.json.decode(head, type=dict[str, int])["calls"]
    except (msgspec.MsgspecError, KeyError):
        raise ConfigurationError("this is not a snapshot of the fake processor") from None
