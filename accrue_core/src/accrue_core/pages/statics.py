"""Style sheets and scripts: a closed list, read once, cached for ever under a content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
PUBLIC = "open_to_all"
"""The option of a handler that no guard of ours keeps anybody from."""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    version: str


class Statics:
    """The files of some folders; of two with one name the later folder's is taken."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files: dict[str, _File] = {}
        for folder in folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.suffix in _TYPES:
                    content = path.read_bytes()
                    version = hashlib.sha256(content).hexdigest()[:12]
                    self._files[path.name] = _File(content, _TYPES[path.suffix], version)

    def version(self, name: str) -> str:
        """Return the hash under which a file is linked; ``KeyError`` when there is none."""
        return self._files[name].version

    @property
    def size(self) -> int:
        """How many bytes there are, all files together."""
        return sum(len(file.content) for file in self._files.values())

    def handler(self) -> HTTPRouteHandler:
        """Return the handler that serves them."""

        @get(
            "/static/{version:str}/{file:str}",
            name="static",
            opt={PUBLIC: True},
            sync_to_thread=False,
        )
        def static(version: FromPath[str], file: FromPath[str]) -> Response[bytes]:
            found = self._files.get(file)
            if found is None or found.version != version:
                raise NotFoundException
            headers = {
                "cache-control": "public, max-age=31536000, immutable",
                "cross-origin-resource-policy": "same-origin",
            }
            return Response(found.content, media_type=found.media_type, headers=headers)

        return static
