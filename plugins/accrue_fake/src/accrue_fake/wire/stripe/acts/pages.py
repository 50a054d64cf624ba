"""Pages of the second namespace: an address leads from each to the next and to the one before."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from accrue_fake.wire.stripe import forms
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid

PAGE = "page"
"""What an address says of its page. No SDK sends it otherwise."""

FIRST_PAGE, LARGEST_PAGE = 20, 100


def paged(params: Params, url: str, refs: Iterable[str], show: Callable[[str], Json]) -> Json:
    """Return one page of what has these ids, newest first."""
    limit = params.integer("limit", least=1, most=LARGEST_PAGE) or FIRST_PAGE
    found, start = list(refs), _start(params)
    first = found.index(start) if start in found else 0
    if start is not None and start not in found:
        raise invalid("This page is not known.", param=PAGE)
    after, before = found[first + limit :], found[max(0, first - limit) : first]
    return {
        "data": [show(ref) for ref in found[first : first + limit]],
        "next_page_url": _address(params, url, after[0]) if after else None,
        "previous_page_url": _address(params, url, before[0]) if before else None,
    }


def _start(params: Params) -> str | None:
    """Return the id that a page begins with."""
    token = params.text(PAGE)
    if token is None:
        return None
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        raise invalid("This page is not known.", param=PAGE) from None


def _address(params: Params, url: str, start: str) -> str:
    """Return where a page is: what was asked for stays asked for."""
    said = {
        forms.named(path): value for path, value in forms.values(params.values) if path != (PAGE,)
    }
    token = base64.urlsafe_b64encode(start.encode()).decode()
    return f"{url}?{urlencode({**said, PAGE: token})}"
