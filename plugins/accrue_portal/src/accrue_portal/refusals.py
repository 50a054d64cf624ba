"""What went wrong, in the portal's words, and always with a way on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request
from litestar.exceptions import PermissionDeniedException
from litestar.response import Template

from accrue_core import errors
from accrue_core.http.problems import status_of
from accrue_core.pages import problems
from accrue_portal import copy


class NobodySignedIn(PermissionDeniedException):
    """Nobody is signed in in the host's application for whom there is a portal."""


_WORDS: Mapping[type[errors.AccrueError], tuple[str, str]] = {
    errors.OperationInProgress: copy.IN_PROGRESS,
    errors.IllegalTransition: copy.CHANGED_MEANWHILE,
    errors.Conflict: copy.OUT_OF_DATE,
    errors.InvalidRequest: copy.OUT_OF_DATE,
    errors.UnsupportedCapability: copy.NOT_HERE,
    errors.ProcessorRejected: copy.REFUSED,
    errors.NotAsked: copy.NOT_REACHED,
    errors.ProcessorUnavailable: copy.NOT_KNOWN,
}
"""The nearest class up the tree decides; what is not here is told in core's words."""


def turn_away(_: Request[Any, Any, Any], error: NobodySignedIn) -> Template:
    """Ask a stranger to sign in where people sign in: in the host's application."""
    del error
    return _page(403, *copy.SIGN_IN, is_stranger=True)


def send_back(_: Request[Any, Any, Any], error: PermissionDeniedException) -> Template:
    """Refuse a form that none of our own pages sent, or not recently."""
    del error
    return _page(403, *copy.NOT_SENT)


def explain(request: Request[Any, Any, Any], error: errors.AccrueError) -> Template:
    """Say what became of it. A platform's own message is for developers, and stays out of here.

    Nobody has asked for anything by looking: what is wrong with the call is ours to mend then.
    """
    status = status_of(type(error))
    is_ours = request.method == "GET" and isinstance(error, errors.InvalidRequest)
    if is_ours or isinstance(error, errors.ProcessorMisconfigured):
        return problems.break_down(request, error)
    words = next((_WORDS[kind] for kind in type(error).__mro__ if kind in _WORDS), None)
    if words is not None:
        return _page(status, *words)
    return problems.explain(request, error) if status >= 500 else problems.page(status)


def _page(status: int, title: str, advice: str, *, is_stranger: bool = False) -> Template:
    context = {"status": status, "title": title, "advice": advice, "is_stranger": is_stranger}
    return Template("accrue/problem.html", context=context, status_code=status)


EXCEPTION_HANDLERS: dict[Any, Any] = {
    NobodySignedIn: turn_away,
    PermissionDeniedException: send_back,
    errors.AccrueError: explain,
}
