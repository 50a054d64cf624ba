"""A small set of pages to try the builder with, and a browser that keeps its cookies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from litestar import Request, get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from accrue_core import Billing
from accrue_core.contracts.routes import ASGIApplication
from accrue_core.errors import IllegalTransition
from accrue_core.pages.app import Site, create_pages

HERE = "http://host.test"


def small_site(folder: Path, billing: Billing, *, received: list[str], **options: Any) -> Any:
    """Return pages with one form, and two that go wrong."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "static").mkdir(exist_ok=True)
    (folder / "static" / "mark.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "templates" / "form.html").write_text(
        '{% extends "accrue/layout.html" %}{% block main %}<h1>{{ said }}</h1>'
        '<img src="{{ static("mark.svg") }}" alt="">'
        '<form method="post" action="{{ link("say") }}">{{ form_token() }}{{ operation_field() }}'
        '<input name="word"></form>{% endblock %}'
    )

    @get("/", name="home", sync_to_thread=False)
    def home(said: FromQuery[str] = "") -> Template:
        return Template("form.html", context={"said": said})

    @post("/say", name="say", status_code=303)
    async def say(request: Request[Any, Any, Any]) -> Redirect:
        received.append(str((await request.form())["word"]))
        return Redirect("/", status_code=303)

    @get("/conflict", sync_to_thread=False)
    def conflict() -> Template:
        raise IllegalTransition(
            noun="subscription", verb="keep", status="canceled", allowed=frozenset({"active"})
        )

    @get("/broken", sync_to_thread=False)
    def broken() -> Template:
        raise RuntimeError("whsec_secret of the database")

    site = Site(name="try", title="Try", folder=folder)
    return create_pages(site, billing, [home, say, conflict, broken], **options)


def browser(app: ASGIApplication, *, base: str = HERE, root: str = "") -> httpx.AsyncClient:
    """Return a client on the running loop that keeps cookies, as a browser does."""
    transport = httpx.ASGITransport(app=app, root_path=root)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=base, follow_redirects=False)


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's first form."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', page)
    return dict(found)


def nonces(headers: Mapping[str, str]) -> set[str]:
    """Return the nonces that the policy of an answer admits."""
    return set(re.findall(r"'nonce-([^']+)'", headers["content-security-policy"]))
