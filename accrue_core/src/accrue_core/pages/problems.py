"""Errors as pages: what happened, what to do, and nothing that helps to attack."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.response import Template

from accrue_core.errors import AccrueError
from accrue_core.http import problems

_log = logging.getLogger("accrue.pages")

_WORDS = {
    400: ("That could not be read", "Go back and try again."),
    403: ("This page is not open to you", "Sign in as somebody who may see it."),
    404: ("There is no such page", "It may have been mistyped, or it is not yours to see."),
    405: ("That did not work", "Go back and use the buttons on the page."),
    409: (
        "Not at this moment",
        "Something else changed meanwhile. Reload the page and look again.",
    ),
    413: ("That is too much", "The form was larger than any of ours."),
    503: ("Not reachable right now", "Nothing was lost. Try again in a minute."),
}
_OTHERWISE = ("That did not work", "Go back and try again.")
_OURS = ("Something broke on our side", "It was written down. Nothing half-done is left behind.")


def refuse(_: Request[Any, Any, Any], error: HTTPException) -> Template:
    """Show an HTTP refusal; the form check's reason is meant for the person."""
    advice = error.detail if error.status_code == 403 and error.detail.startswith("th") else ""
    return page(error.status_code, advice=advice)


def explain(_: Request[Any, Any, Any], error: AccrueError) -> Template:
    """Show an error of the platform in its own words, unless it is our own fault."""
    status, body = problems.problem(error)
    if status >= 500:
        _log.error("a page failed: %s", error.code, exc_info=error)
    return page(status, advice=str(body.get("detail", "")))


def break_down(_: Request[Any, Any, Any], error: Exception) -> Template:
    """Show that it is our fault, and write down what it was."""
    _log.error("a page failed: %s", type(error).__name__, exc_info=error)
    return page(500)


def page(status: int, *, advice: str = "") -> Template:
    """Return the page for a status."""
    title, standard = _WORDS.get(status, _OURS if status >= 500 else _OTHERWISE)
    context = {"title": title, "advice": _sentence(advice) or standard, "status": status}
    return Template("accrue/problem.html", context=context, status_code=status)


def _sentence(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


EXCEPTION_HANDLERS: dict[Any, Any] = {
    HTTPException: refuse,
    AccrueError: explain,
    Exception: break_down,
}
