"""Build a complete page application: a Litestar of its own that any host can mount.

Litestar keeps templates, error pages and logging per application, never per router. So each set
of pages (admin, portal) is an application with everything it needs, and nothing of the host's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler, Guard

from accrue_core.contracts.routes import ASGIApplication
from accrue_core.facade import Billing
from accrue_core.pages.problems import EXCEPTION_HANDLERS
from accrue_core.pages.security import Shield, require_form_token
from accrue_core.pages.statics import Statics
from accrue_core.pages.templates import engine

LARGEST_FORM = 65_536
"""In bytes. No form of ours is longer, and none takes a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One set of pages.

    ``name`` is short and unique: the form token's cookie carries it. ``folder`` holds
    ``templates/`` and ``static/``. ``forms_lead_to`` lists the places besides this site that a
    form's answer may send the browser to, as sources of a content security policy.
    """

    name: str
    title: str
    folder: Path
    forms_lead_to: tuple[str, ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)


def create_pages(
    site: Site,
    billing: Billing,
    handlers: Sequence[ControllerRouterHandler],
    *,
    guards: Sequence[Guard] = (),
    dependencies: Mapping[str, Provide | Callable[..., Any]] | None = None,
) -> ASGIApplication:
    """Return the application: handlers behind guards, style sheets and error pages in front.

    Templates are looked up in the site's folder first, then among those of this package. They
    have ``link(name, ...)``, ``static(file)``, ``form_token()``, ``operation_field()``, ``nonce()``
    and the filters of ``words``; ``site.words`` are globals. Every answer carries the security
    headers, and no form is accepted without its token.
    """
    statics = Statics([Path(__file__).parent / "static", site.folder / "static"])
    application = Litestar(
        [*handlers, statics.handler()],
        guards=[*guards],
        dependencies=dict(dependencies or {}),
        before_request=require_form_token,
        exception_handlers=EXCEPTION_HANDLERS,
        template_config=TemplateConfig(instance=engine(site, billing, statics)),
        request_max_body_size=LARGEST_FORM,
        logging_config=None,
        openapi_config=None,
    )
    return Shield(application, name=site.name, forms_lead_to=site.forms_lead_to)
