"""Spans around verbs, processor calls and jobs; silent where OpenTelemetry is not installed.

Attributes are names and counts: never ids that are bearer tokens, never anything personal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any


@contextmanager
def span(name: str, **attributes: str | int | bool) -> Iterator[None]:
    """Record the block as a span ``accrue.<name>``; an exception marks it as failed."""
    tracer = _tracer()
    if tracer is None:
        yield
        return
    with tracer.start_as_current_span(
        f"accrue.{name}", attributes=attributes, record_exception=False
    ):
        yield


@cache
def _tracer() -> Any:
    try:
        trace: Any = import_module("opentelemetry.trace")
    except ImportError:
        return None
    return trace.get_tracer("accrue_core")
