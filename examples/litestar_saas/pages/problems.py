"""Refusals as pages: what happened, and what to do about it."""

from __future__ import annotations

import logging
from typing import Any

from litestar.exceptions import HTTPException
from litestar.response import Template

from accrue_core.errors import AccrueError
from accrue_core.hosts.litestar import GateClosed
from accrue_core.http import problems
from examples.litestar_saas.pages.reports import at_closed_gate
from examples.litestar_saas.pages.visit import Asked, page

_log = logging.getLogger("fieldnotes")

_WORDS = {
    400: ("That could not be read", "Go back, reload the page and try again."),
    404: ("There is no such page", "The address may be mistyped."),
    405: ("That did not work", "Go back and use the buttons on the page."),
    409: ("Not at this moment", "Go back, reload the page and look again."),
    502: ("The payment processor could not do that", "Nothing was charged. Try again later."),
    503: ("Not reachable right now", "Nothing was lost. Try again in a moment."),
}
_OTHERWISE = ("That did not work", "Go back and try again.")
_STALE = ("This page had grown stale", "Go back, reload it, and try again.")

FORM_COOKIE = "fieldnotes_csrf"


def refused(request: Asked, error: HTTPException) -> Template:
    """Show an HTTP refusal."""
    if error.status_code == 403 and error.detail.startswith("CSRF"):
        # A cookie that another secret has signed would be offered for ever: take it back.
        answer = _problem(request, 403, *_STALE)
        answer.delete_cookie(FORM_COOKIE)
        return answer
    if error.status_code == 403:
        return page(request, "sign_in_first.html", status=403)
    return _problem(request, error.status_code, *_WORDS.get(error.status_code, _OTHERWISE))


def explained(request: Asked, error: AccrueError) -> Template:
    """Show a person a page where the plugin would have answered a program with problem+json."""
    status, problem = problems.problem(error)
    if status >= 500:
        _log.error("a page failed: %s", error.code, exc_info=error)
    title, advice = _WORDS.get(status, _OTHERWISE)
    return _problem(request, status, title, _sentence(problem.get("detail", "")) or advice)


def _problem(request: Asked, status: int, title: str, advice: str) -> Template:
    return page(request, "problem.html", status=status, title=title, advice=advice)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


EXCEPTION_HANDLERS: dict[Any, Any] = {
    GateClosed: at_closed_gate,
    AccrueError: explained,
    HTTPException: refused,
}
