"""A payment processor in memory, with books, a calendar and webhooks of its own.

Names are loaded when they are first asked for, so that installing this costs a host nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accrue_fake.backend import Backend, EngineBackend
    from accrue_fake.engine.engine import Engine
    from accrue_fake.hosting.client import HostedBackend, HostedClock
    from accrue_fake.hosting.process import HostProcess
    from accrue_fake.processor import FakeProcessor
    from accrue_fake.settings import FakeSettings

_PLACES = {
    "Backend": "backend",
    "Engine": "engine.engine",
    "EngineBackend": "backend",
    "FakeProcessor": "processor",
    "FakeSettings": "settings",
    "HostProcess": "hosting.process",
    "HostedBackend": "hosting.client",
    "HostedClock": "hosting.client",
}

__all__ = [
    "Backend",
    "Engine",
    "EngineBackend",
    "FakeProcessor",
    "FakeSettings",
    "HostProcess",
    "HostedBackend",
    "HostedClock",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
