"""Pages and redirects, the same way in every controller."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Request
from litestar.response import Redirect, Template
from markupsafe import Markup

from accrue_admin.copy import DONE
from accrue_core.pages.templates import path_to


def page(name: str, *, done: str = "", code: int = 200, **context: Any) -> Template:
    """Return a page; ``done`` names the sentence about what has just been done, if any."""
    return Template(
        f"admin/{name}.html", context={**context, "done": DONE.get(done, "")}, status_code=code
    )


def go(
    request: Request[Any, Any, Any],
    route: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
) -> Redirect:
    """Return the redirect after a form: 303 to a page of this site, wherever it is mounted."""
    there = path_to(request, route, None, **(path or {}))
    return Redirect(with_query(there, query or {}), status_code=303)


def with_query(path: str, query: Mapping[str, Any], **more: Any) -> str:
    """Return a path with those parts of a query that say something.

    >>> with_query("/x", {"status": "dead", "type": ""}, before="a b")
    '/x?status=dead&before=a+b'
    """
    given = {key: value for key, value in {**query, **more}.items() if value}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def sentence(text: str) -> str:
    """Return an error's message as it stands on a page.

    >>> sentence("say how many")
    'Say how many.'
    """
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def breakable(text: object) -> Markup:
    """Return text that a narrow column may break after dots and underscores, not in words.

    >>> breakable("invoice.paid")
    Markup('invoice.<wbr>paid')
    """
    parts = re.split(r"(?<=[._:])", str(text))
    return Markup("<wbr>").join(parts)
