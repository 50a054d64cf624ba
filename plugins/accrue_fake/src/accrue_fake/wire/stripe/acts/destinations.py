"""``/v2/core/event_destinations``"""

from __future__ import annotations

from dataclasses import replace

from accrue_fake.wire.stripe.account import Happened, Json
from accrue_fake.wire.stripe.acts.endpoints import MOST_ENDPOINTS, types_in, url_in
from accrue_fake.wire.stripe.acts.pages import PAGE, paged
from accrue_fake.wire.stripe.calls import Call, require_version
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.params import Params, merged
from accrue_fake.wire.stripe.problems import invalid, missing, not_played
from accrue_fake.wire.stripe.shapes.destinations import SECRET, URL, render_destination
from accrue_fake.wire.stripe.shapes.facts import THIN, WebhookEndpointFacts
from accrue_fake.wire.stripe.shapes.notices import PING, PREFIX, notice_type, render_notice

_KIND = "v2.core.event_destination"
_SELF = "@self"


def create(desk: Desk, call: Call) -> Json:
    """Register a destination. Only this answer tells its secret, and only if it is asked to."""
    params, account = call.params, desk.account
    params.only(
        "description", "enabled_events", "event_payload", "events_from", "include", "metadata",
        "name", "snapshot_api_version", "type", "webhook_endpoint",
    )  # fmt: skip
    if len(account.endpoints) >= MOST_ENDPOINTS:
        raise invalid(f"You have reached the maximum of {MOST_ENDPOINTS} event destinations.")
    _require_ours(params)
    version = _version(params)
    include = _included(params, SECRET, URL)
    ref = account.new_ref("ed_test")
    facts = account.endpoints[ref] = WebhookEndpointFacts(
        ref=ref,
        url=url_in(params.below("webhook_endpoint")),
        enabled_events=_types(params, version),
        api_version=version,
        description=params.text("description"),
        metadata=merged({}, params.metadata() or {}),
        created_at=desk.now,
        secret=desk.take_secret() or f"whsec_{desk.engine.books.token('endpoint', ref)}",
        name=params.required("name"),
    )
    return render_destination(desk.engine, facts, include=include)


def update(desk: Desk, call: Call) -> Json:
    """Change where a destination is, what it wants or what it is called."""
    params, facts = call.params, _found(desk, call)
    params.only("description", "enabled_events", "include", "metadata", "name", "webhook_endpoint")
    if "enabled_events" in params:
        facts = replace(facts, enabled_events=_types(params, facts.api_version))
    if "webhook_endpoint" in params:
        facts = replace(facts, url=url_in(params.below("webhook_endpoint")))
    if "description" in params:
        facts = replace(facts, description=params.text("description"))
    if "name" in params:
        facts = replace(facts, name=params.required("name"))
    said = params.metadata()
    if said is not None:
        facts = replace(facts, metadata=merged(facts.metadata, said))
    return _kept(desk, call, facts)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a destination, without its secret."""
    return _shown(desk, call, _found(desk, call))


def listed(desk: Desk, call: Call) -> Json:
    """List destinations."""
    call.params.only("include", "limit", PAGE)
    endpoints = desk.account.endpoints
    refs = [ref for ref in reversed(endpoints) if endpoints[ref].is_destination]
    return paged(
        call.params,
        "/v2/core/event_destinations",
        refs,
        lambda ref: _shown(desk, call, endpoints[ref]),
    )


def delete(desk: Desk, call: Call) -> Json:
    """Forget a destination and what is owed to it."""
    ref = _found(desk, call).ref
    del desk.account.endpoints[ref]
    owed = desk.account.deliveries
    owed[:] = [one for one in owed if one.endpoint != ref]
    return {"id": ref, "object": _KIND}


def enable(desk: Desk, call: Call) -> Json:
    """Post to a destination from now on."""
    return _kept(desk, call, replace(_found(desk, call), is_enabled=True))


def disable(desk: Desk, call: Call) -> Json:
    """Post nothing to a destination until it is enabled."""
    return _kept(desk, call, replace(_found(desk, call), is_enabled=False))


def ping(desk: Desk, call: Call) -> Json:
    """Post an event to a destination that says nothing but that it is reached."""
    facts, books = _found(desk, call), desk.engine.books
    event = Happened(
        ref=books.new_ref("evt"),
        type=PING,
        created_at=books.now,
        object=f'{{"id": "{facts.ref}", "object": "{_KIND}"}}',
        object_ref=facts.ref,
        request=call.request,
        key=call.key,
    )
    desk.account.note_event(event)
    if facts.is_enabled:
        desk.account.owe(event.ref, facts.ref, due=books.engine_time)
    return render_notice(desk.shown.notice(event.ref))


def _require_ours(params: Params) -> None:
    """Refuse what is sent elsewhere than to an address, or comes from elsewhere than from here."""
    if params.word("type", "webhook_endpoint", "amazon_eventbridge", "azure_event_grid") != (
        "webhook_endpoint"
    ):
        raise not_played(f"type={params.text('type')}")
    if any(one != _SELF for one in params.words("events_from")):
        raise not_played("events_from")


def _version(params: Params) -> str | None:
    """Return at what version a destination is told of events, or that it is told less."""
    version = params.text("snapshot_api_version")
    if params.word("event_payload", "snapshot", "thin") == "snapshot":
        return version and require_version(version, param="snapshot_api_version")
    if version is not None:
        raise invalid("Thin events have no API version.", param="snapshot_api_version")
    return THIN


def _types(params: Params, version: str | None) -> tuple[str, ...]:
    """Return which events are wanted, by their names in the first namespace."""
    types = types_in(params)
    if version != THIN:
        return types
    return tuple(_plain(type_, place) for place, type_ in enumerate(types))


def _plain(type_: str, place: int) -> str:
    plain = type_.removeprefix(PREFIX)
    if type_ == "*" or (plain != type_ and notice_type(plain) == type_):
        return plain
    param = f"enabled_events[{place}]"
    raise invalid(f"Invalid {param}: {type_[:80]} is no type of thin event.", param=param)


def _included(params: Params, *known: str) -> list[str]:
    """Return what is to be shown that is hidden otherwise."""
    wanted = params.words("include")
    for place, one in enumerate(wanted):
        if one not in known:
            raise invalid(f"{one[:80]} cannot be included.", param=f"include[{place}]")
    return wanted


def _kept(desk: Desk, call: Call, facts: WebhookEndpointFacts) -> Json:
    facts = replace(facts, updated_at=desk.now)
    desk.account.endpoints[facts.ref] = facts
    return _shown(desk, call, facts)


def _shown(desk: Desk, call: Call, facts: WebhookEndpointFacts) -> Json:
    return render_destination(desk.engine, facts, include=_included(call.params, URL))


def _found(desk: Desk, call: Call) -> WebhookEndpointFacts:
    (ref,) = call.names
    facts = desk.account.endpoints.get(ref)
    if facts is None or not facts.is_destination:
        raise missing("event_destination", ref)
    return facts
