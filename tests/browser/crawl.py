"""Every page that links lead to: the bounded walk on which each of them is judged."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from urllib.parse import urldefrag, urlsplit

from tests.browser.visitor import Visitor

SIBLINGS = 2
"""How many pages of one shape are looked at: the page of a third customer shows little new."""

MOST = 80
"""How many pages one walk has at most. It fails when there are more, and does not stop short."""

_LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"
_ID = re.compile(r"(?=\S*\d)[A-Za-z0-9_-]{10,}")


def shape(address: str) -> str:
    """Return what pages of one kind have in common: the path without ids, and what is asked.

    >>> shape("http://127.0.0.1:8000/billing/admin/customers/acus_01m7z49wb1egzt8gfk?page=2")
    '/billing/admin/customers/*?page'
    """
    parts = urlsplit(address)
    path = "/".join("*" if _ID.fullmatch(part) else part for part in parts.path.split("/"))
    asked = "&".join(sorted({pair.partition("=")[0] for pair in parts.query.split("&")}))
    return f"{path.rstrip('/') or '/'}{'?' + asked if asked else ''}"


class TooManyPages(Exception):
    """A walk is longer than it may be: its bounds, or the pages, have to change."""


def walk(visitor: Visitor, starts: Iterable[str], *, is_member: bool) -> Iterator[str]:
    """Open page after page, from these paths on, and yield the shape of each while it is open.

    A link that leads to a refusal is a fault of the page that has it, and goes to the visitor's
    watch. What is typed in, as the starts are, may be refused; and who is no member may be asked
    to sign in as one.
    """
    waiting = deque(f"{visitor.origin}{path}" for path in starts)
    typed = frozenset(waiting)
    found_on: dict[str, str] = {}
    looked_at: Counter[str] = Counter()
    while waiting:
        address = waiting.popleft()
        if looked_at[shape(address)] >= _most(address) and address not in typed:
            continue
        answer = visitor.page.goto(address)
        status = 200 if answer is None else answer.status
        if status >= 400 and address not in typed and (is_member or status != 403):
            visitor.watch.complaints.append(
                f"{found_on[address]} links to {address}, which answers {status}"
            )
        looked_at[shape(address)] += 1
        if looked_at.total() > MOST:
            raise TooManyPages(f"more than {MOST}: {sorted(looked_at)}")
        yield shape(address)
        for link in _links(visitor):
            if link not in found_on and link not in typed:
                found_on[link] = address
                waiting.append(link)


def _most(address: str) -> int:
    """Return how many pages like this one are looked at; of a filtered list, one."""
    return 1 if urlsplit(address).query else SIBLINGS


def _links(visitor: Visitor) -> Iterator[str]:
    """Return where this page leads, within the host."""
    for link in visitor.page.evaluate(_LINKS):
        address = str(urldefrag(link).url)
        if address.startswith(f"{visitor.origin}/"):
            yield address
