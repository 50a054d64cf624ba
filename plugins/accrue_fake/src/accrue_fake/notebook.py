"""A notebook: numbered lines in a file, each of them there as a whole or not at all.

A line is handed to the operating system before ``write`` returns, so it survives a kill of the
process at any later instant. It need not survive a power cut: nothing waits for the disk.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from accrue_core.errors import ConfigurationError


class Notebook:
    """What was done since a snapshot was written. ``number`` is that of the newest line.

    The snapshot says which lines it contains. So a kill between writing the one and clearing the
    other brings nothing twice.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._end = 0
        self.number = 0

    def write(self, *words: Any) -> None:
        """Write one line; ``OSError`` where it cannot be, and then nothing of it is there."""
        line = msgspec.json.encode([self.number + 1, *words]) + b"\n"
        file = self._opened()
        written = os.write(file, line)
        if written < len(line):
            os.ftruncate(file, self._end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        self._end += written
        self.number += 1

    def read(self) -> Iterator[list[Any]]:
        """Read each line after ``number``, without its own, which ``number`` becomes.

        A last line without an end was never answered for and is left out.
        """
        if not self._path.exists():
            return
        *lines, _ = self._path.read_bytes().split(b"\n")
        for line in lines:
            number, *words = self._decoded(line)
            if number > self.number:
                self.number = number
                yield words

    def clear(self) -> None:
        """Forget all lines; numbers go on."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        if self._file is None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._file = os.open(self._path, flags, mode=0o600)
            self._end = os.fstat(self._file).st_size
        return self._file

    def _decoded(self, line: bytes) -> list[Any]:
        try:
            return msgspec.json.decode(line, type=list[Any])
        except msgspec.MsgspecError:
            raise ConfigurationError(f"a line of {self._path.name} cannot be read") from None
