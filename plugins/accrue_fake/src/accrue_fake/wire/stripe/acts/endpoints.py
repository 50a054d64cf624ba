"""``/v1/webhook_endpoints``"""

from __future__ import annotations

import re
from dataclasses import replace

from accrue_fake.engine.addresses import is_web_address
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call, require_version
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, page
from accrue_fake.wire.stripe.params import Params, merged
from accrue_fake.wire.stripe.problems import invalid, missing
from accrue_fake.wire.stripe.shapes.facts import WebhookEndpointFacts
from accrue_fake.wire.stripe.shapes.keys import gone
from accrue_fake.wire.stripe.shapes.webhook_endpoints import render_webhook_endpoint

MOST_ENDPOINTS = 16
"""How many there may be, those of both namespaces together."""

_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)


def create(desk: Desk, call: Call) -> Json:
    """Register an endpoint. Only this answer tells its secret."""
    params, account = call.params, desk.account
    params.only("url", "enabled_events", "api_version", "description", "metadata", "connect")
    if len(account.endpoints) >= MOST_ENDPOINTS:
        raise invalid(f"You have reached the maximum of {MOST_ENDPOINTS} test webhook endpoints.")
    version = params.text("api_version")
    if version is not None:
        require_version(version, param="api_version")
    ref = account.new_ref("we")
    account.endpoints[ref] = WebhookEndpointFacts(
        ref=ref,
        url=url_in(params),
        enabled_events=types_in(params),
        api_version=version,
        description=params.text("description"),
        metadata=merged({}, params.metadata() or {}),
        created_at=desk.now,
        secret=desk.take_secret() or f"whsec_{desk.engine.books.token('endpoint', ref)}",
    )
    return render_webhook_endpoint(desk.engine, account.endpoints[ref])


def update(desk: Desk, call: Call) -> Json:
    """Change where an endpoint is, what it wants, or whether it is used."""
    params, facts = call.params, _endpoint(desk, call)
    params.only("url", "enabled_events", "description", "metadata", "disabled")
    if "url" in params:
        facts = replace(facts, url=url_in(params))
    if "enabled_events" in params:
        facts = replace(facts, enabled_events=types_in(params))
    if "description" in params:
        facts = replace(facts, description=params.text("description"))
    if "disabled" in params:
        facts = replace(facts, is_enabled=params.flag("disabled") is not True)
    said = params.metadata()
    if said is not None:
        facts = replace(facts, metadata=merged(facts.metadata, said))
    desk.account.endpoints[facts.ref] = facts
    return desk.show("webhook_endpoint", facts.ref)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return an endpoint, without its secret."""
    return desk.show("webhook_endpoint", _endpoint(desk, call).ref)


def delete(desk: Desk, call: Call) -> Json:
    """Forget an endpoint and what is owed to it."""
    ref = _endpoint(desk, call).ref
    del desk.account.endpoints[ref]
    owed = desk.account.deliveries
    owed[:] = [one for one in owed if one.endpoint != ref]
    return gone("webhook_endpoint", ref)


def listed(desk: Desk, call: Call) -> Json:
    """List endpoints."""
    call.params.only(*PAGING)
    endpoints = desk.account.endpoints
    refs = (ref for ref in reversed(endpoints) if not endpoints[ref].is_destination)
    return page(call.params, "/v1/webhook_endpoints", refs, desk.shower("webhook_endpoint"))


def url_in(params: Params) -> str:
    """Return the address that a request names."""
    url = params.required("url")
    if not is_web_address(url):
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.", param="url"
        )
    return url


def types_in(params: Params) -> tuple[str, ...]:
    """Return the types of events that a request names."""
    types = tuple(dict.fromkeys(params.words("enabled_events")))
    if not types:
        raise params.missing("enabled_events")
    for place, type_ in enumerate(types):
        if type_ != "*" and not _TYPE.fullmatch(type_):
            raise invalid(
                f"Invalid enabled_events[{place}]: {type_[:80]} is no type of event.",
                param=f"enabled_events[{place}]",
            )
    return types


def _endpoint(desk: Desk, call: Call) -> WebhookEndpointFacts:
    (ref,) = call.names
    facts = desk.account.endpoints.get(ref)
    if facts is None or facts.is_destination:
        raise missing("webhook_endpoint", ref)
    return facts
