"""The template environment of a page application."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from markupsafe import Markup

from accrue_core.facade import Billing
from accrue_core.ids import PREFIXES, to_text
from accrue_core.pages import words
from accrue_core.pages.security import OPERATION_FIELD, TOKEN_FIELD, visit_of
from accrue_core.pages.statics import Statics

if TYPE_CHECKING:
    from accrue_core.pages.app import Site

_FIELD = Markup('<input type="hidden" name="{}" value="{}">')


def engine(site: Site, billing: Billing, statics: Statics) -> JinjaTemplateEngine:
    """Return the engine: strict about what is undefined, and escaping everything."""
    environment = Environment(
        loader=FileSystemLoader([site.folder / "templates", Path(__file__).parent / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= words.FILTERS

    def operation_field() -> Markup:
        """Name the operation that the form will be: sent twice, it is done once."""
        minted = to_text(PREFIXES["operation"], billing.runtime.ids.new())
        return _FIELD.format(OPERATION_FIELD, minted)

    @pass_context
    def static(context: Context, name: str) -> str:
        return link(context, "static", version=statics.version(name), file=name)

    environment.globals |= {
        "site": site,
        "link": pass_context(link),
        "static": static,
        "form_token": pass_context(form_token),
        "nonce": pass_context(nonce),
        "operation_field": operation_field,
        **site.words,
    }
    return JinjaTemplateEngine.from_environment(environment)


def link(context: Context, route: str, query: dict[str, Any] | None = None, **path: Any) -> str:
    """Return the path of a page by its route's name."""
    return path_to(context["request"], route, query, **path)


def path_to(
    request: Request[Any, Any, Any], route: str, query: dict[str, Any] | None = None, **path: Any
) -> str:
    """Return the path of a page by its route's name; below whatever the host mounted us at.

    Without scheme and host: behind a proxy the application does not know them.
    """
    local = request.app.route_reverse(route, **path)
    root = request.scope.get("root_path", "").rstrip("/")
    given = {key: value for key, value in (query or {}).items() if value not in (None, "")}
    return f"{root}{urlsplit(local).path}{'?' + urlencode(given) if given else ''}"


def form_token(context: Context) -> Markup:
    """Return the hidden field without which no form is accepted."""
    return _FIELD.format(TOKEN_FIELD, visit_of(context["request"].scope).token)


def nonce(context: Context) -> str:
    """Return what the page's style sheets and scripts must carry to be loaded."""
    return visit_of(context["request"].scope).nonce
