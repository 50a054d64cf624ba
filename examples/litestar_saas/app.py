"""The Litestar application: pages, style sheet, security headers, and Accrue below /billing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import BeforeMessageSendHookHandler, Message, Scope

from accrue_core import Secret
from accrue_core.hosts.litestar import AccruePlugin
from accrue_core.pages.words import FILTERS
from examples.litestar_saas import words
from examples.litestar_saas.demo import panel
from examples.litestar_saas.demo.theatre import Theatre
from examples.litestar_saas.pages import change, checkout, home, plans, reports, settings, sign_in
from examples.litestar_saas.pages.problems import EXCEPTION_HANDLERS, FORM_COOKIE
from examples.litestar_saas.pages.visit import Asked
from examples.litestar_saas.wiring import Host

_FOLDER = Path(__file__).parent

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}

HANDLERS = (
    home.home,
    plans.plans,
    change.change,
    change.agreed,
    checkout.checkout,
    checkout.checkout_done,
    reports.reports,
    reports.closed,
    settings.settings,
    settings.cancel,
    settings.keep,
    settings.pause,
    settings.resume,
    settings.card,
    sign_in.sign_in,
    sign_in.sign_out,
)


def create_app(host: Host, theatre: Theatre, *, form_secret: Secret) -> Litestar:
    """Return the application for one host, with the demonstration's panel on its pages."""
    return Litestar(
        [
            *HANDLERS,
            *panel.HANDLERS,
            create_static_files_router(path="/static", directories=[_FOLDER / "static"]),
        ],
        plugins=[AccruePlugin(host.accrue)],
        state=State({"host": host, "theatre": theatre}),
        before_request=_before_each,
        before_send=[_hardening(host)],
        template_config=TemplateConfig(instance=_templates()),
        csrf_config=CSRFConfig(
            secret=form_secret.reveal(),
            cookie_name=FORM_COOKIE,
            cookie_httponly=True,
            cookie_samesite="strict",
        ),
        exception_handlers=EXCEPTION_HANDLERS,
        logging_config=None,
        openapi_config=None,
    )


def _templates() -> JinjaTemplateEngine:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    environment.filters |= {"invoice_status": words.invoice_status, "rate": words.rate}
    environment.globals |= {"steps": panel.steps}
    return JinjaTemplateEngine.from_environment(environment)


async def _before_each(request: Asked) -> object:
    """Keep browsers on the one origin that they will come back to, and out until all is ready."""
    origin = urlsplit(request.app.state.host.origin)
    if request.method == "GET" and request.headers.get("host") == f"localhost:{origin.port}":
        # A session's cookie is sent to the name that has set it: one name, or nobody is known.
        query = f"?{request.url.query}" if request.url.query else ""
        return Redirect(f"{origin.geturl()}{request.url.path}{query}")
    return await panel.wait_for_the_year(request)


def _hardening(host: Host) -> BeforeMessageSendHookHandler:
    """Return what hardens every answer; what a page below /billing says for itself stands.

    A form may lead to the processor's pages: browsers look at where a form's redirect leads, too.
    """
    targets = " ".join(filter(None, ("'self'", host.pages_elsewhere)))
    ours = {name: value.format(targets=targets) for name, value in _HEADERS.items()}

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            is_file = scope["path"].startswith("/static")
            for name, value in ours.items():
                if name not in headers and not (is_file and name == "cache-control"):
                    headers[name] = value

    return add_headers
