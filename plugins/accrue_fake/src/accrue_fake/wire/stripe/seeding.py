"""Seeding: requests from a file, made before anybody else can ask.

The file is a JSON list. Each step is a request, ``{"post": "/v1/products", "with": {"name":
"Pro"}, "as": "pro"}``; later steps write ``"$pro"`` for its id and ``"$pro.default_price"`` for
another key. ``"id"`` gives a price the id that an application already knows, and ``"secret"`` an
endpoint its secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from accrue_core.errors import ConfigurationError
from accrue_fake.wire.stripe.account import Json

Do = Callable[[str, str, Mapping[str, Any]], tuple[int, Json]]
"""Makes one request and returns status and document."""

Name = Callable[[str | None, str | None], None]
"""Says which id or secret the next thing is to have."""

_REFERENCE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)(?:\.([a-z_.]+))?")
_KEYS = frozenset({"post", "with", "as", "id", "secret"})


def steps_in(path: Path) -> list[Json]:
    """Read a seed file, or ``ConfigurationError``."""
    try:
        steps = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the seed file cannot be read: {error}") from None
    if not isinstance(steps, list) or not all(_is_step(step) for step in steps):
        raise ConfigurationError(
            "a seed file is a list of steps such as "
            '{"post": "/v1/products", "with": {"name": "Pro"}, "as": "pro"}'
        )
    return steps


def seed(steps: list[Json], do: Do, name: Name) -> None:
    """Make the requests in order; the first that is refused is a ``ConfigurationError``."""
    made: dict[str, Json] = {}
    for number, step in enumerate(steps, 1):
        values = {key: _resolved(one, made) for key, one in step.get("with", {}).items()}
        name(step.get("id"), step.get("secret"))
        status, document = do("POST", _resolved(step["post"], made), values)
        name(None, None)
        if status != 200:
            message = document["error"]["message"]
            raise ConfigurationError(f"step {number} of the seed file was refused: {message}")
        if "as" in step:
            made[step["as"]] = document


def _is_step(step: Any) -> bool:
    return (
        isinstance(step, dict)
        and isinstance(step.get("post"), str)
        and isinstance(step.get("with", {}), dict)
        and step.keys() <= _KEYS
    )


def _resolved(value: Any, made: Mapping[str, Json]) -> Any:
    """Write values as a form has them, and put what was made in the place of its name."""
    if isinstance(value, dict):
        return {key: _resolved(one, made) for key, one in value.items()}
    if isinstance(value, list):
        return [_resolved(one, made) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _meant(found, made), value)
    return "" if value is None else str(value)


def _meant(found: re.Match[str], made: Mapping[str, Json]) -> str:
    name, path = found[1], found[2] or "id"
    value: Any = made.get(name)
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise ConfigurationError(f"the seed file speaks of {found[0]}, and nothing there is text")
    return value
