"""Spans around verbs, processor calls and jobs; silent where nobody records them.

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
    trace = _api()
    # Without a provider every span would be thrown away, at ten times the cost of asking first.
    if trace is None or isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield
        return
    with trace.get_tracer("accrue_core").start_as_current_span(
        f"accrue.{name}", attributes=attributes, record_exception=False
    ):
        yield


@cache
def _api() -> Any:
    try:
        return import_module("opentelemetry.trace")
    except ImportError:
        return None
