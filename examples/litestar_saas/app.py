"""The Litestar application: pages, style sheet, security headers, and Accrue below /billing."""

from __future__ import annotations

import secrets
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import Litestar, Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import Message, Scope

from accrue_core.errors import AccrueError
from accrue_core.hosts.litestar import AccruePlugin, GateClosed
from accrue_core.http import problems
from examples.litestar_saas import pages, words
from examples.litestar_saas.wiring import Host

_FOLDER = Path(__file__).parent

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}

_WORDS = {
    403: ("This page is not open to you", "Sign in, or look at your plan on the first page."),
    404: ("There is no such page", "The address may be mistyped."),
    409: ("Not at this moment", "Go back, reload the page and look again."),
}


def create_app(host: Host) -> Litestar:
    """Return the application for one host."""
    return Litestar(
        [
            *pages.HANDLERS,
            create_static_files_router(path="/static", directories=[_FOLDER / "static"]),
        ],
        plugins=[AccruePlugin(host.accrue)],
        state=State({"host": host}),
        template_config=TemplateConfig(instance=_templates()),
        csrf_config=CSRFConfig(
            secret=secrets.token_hex(32),
            cookie_name="fieldnotes_csrf",
            cookie_httponly=True,
            cookie_samesite="strict",
        ),
        exception_handlers={
            AccrueError: _explain,
            GateClosed: _refuse,
            HTTPException: _refuse,
        },
        before_send=[_add_headers],
        logging_config=None,
        openapi_config=None,
    )


def _templates() -> JinjaTemplateEngine:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": words.day,
        "invoice_status": words.invoice_status,
        "price": words.price,
    }
    return JinjaTemplateEngine.from_environment(environment)


async def _add_headers(message: Message, scope: Scope) -> None:
    """Harden every answer; what a page below /billing says for itself stands."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        is_file = scope["path"].startswith("/static")
        for name, value in _HEADERS.items():
            if name not in headers and not (is_file and name == "cache-control"):
                headers[name] = value


def _refuse(request: Request[object, object, State], error: HTTPException) -> Response[object]:
    return _page(request, error.status_code)


def _explain(request: Request[object, object, State], error: AccrueError) -> Response[object]:
    """Show a person a page where the plugin would have answered a program with problem+json."""
    status, problem = problems.problem(error)
    return _page(request, status, problem.get("detail", ""))


def _page(
    request: Request[object, object, State], status: int, detail: str = ""
) -> Response[object]:
    title, advice = _WORDS.get(status, ("That did not work", "Go back and try again."))
    context = {
        "title": title,
        "advice": detail or advice,
        "person": request.app.state.host.sessions.person(request.scope),
    }
    return Template("refused.html", context=context, status_code=status)  # type: ignore[return-value]
