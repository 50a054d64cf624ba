"""``/v1/events`` and ``/v2/core/events``"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase

from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.pages import PAGE, paged
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, is_within, page
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid, missing
from accrue_fake.wire.stripe.shapes.notices import PING, event_of, notice_type, render_notice

MOST_TYPES = 20

_CHECKS: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le
}  # fmt: skip


def retrieve(desk: Desk, call: Call) -> Json:
    """Return an event."""
    event = desk.account.events.get(call.names[0])
    if event is not None and event.type == PING:
        raise missing("event", event.ref)
    return desk.found("event", call.names[0])


def listed(desk: Desk, call: Call) -> Json:
    """List events, newest first."""
    params, events = call.params, desk.account.events
    params.only("type", "types", "created", "delivery_success", *PAGING)
    one, several = params.text("type"), params.words("types")
    if one is not None and several:
        raise invalid("You may only specify one of these parameters: type, types.")
    patterns = [one] if one is not None else several
    succeeded = params.flag("delivery_success")

    def fits(ref: str) -> bool:
        event = events[ref]
        return (
            event.type != PING
            and (not patterns or any(fnmatchcase(event.type, pattern) for pattern in patterns))
            and is_within(params, "created", event.created_at)
            and (succeeded is None or _is_delivered(desk, ref) == succeeded)
        )

    return page(params, "/v1/events", filter(fits, reversed(events)), desk.shower("event"))


def _is_delivered(desk: Desk, ref: str) -> bool:
    return not any(owed.event == ref for owed in desk.account.deliveries)


def retrieve_notice(desk: Desk, call: Call) -> Json:
    """Return an event that says only what it is about."""
    ref = event_of(call.names[0])
    event = None if ref is None else desk.account.events.get(ref)
    if event is None or notice_type(event.type) is None:
        raise missing("event", call.names[0])
    return render_notice(desk.shown.notice(event.ref))


def list_notices(desk: Desk, call: Call) -> Json:
    """List events of that kind, newest first."""
    params, events = call.params, desk.account.events
    params.only("created", "limit", "object_id", "types", PAGE)
    types, about = params.words("types"), params.text("object_id")
    if len(types) > MOST_TYPES:
        raise invalid(f"At most {MOST_TYPES} types.", param="types")
    bounds = _bounds(params.below("created"))

    def fits(ref: str) -> bool:
        event = events[ref]
        type_ = notice_type(event.type)
        return (
            type_ is not None
            and (not types or type_ in types)
            and about in (None, event.object_ref)
            and all(check(event.created_at, bound) for check, bound in bounds)
        )

    return paged(
        params,
        "/v2/core/events",
        filter(fits, reversed(events)),
        lambda ref: render_notice(desk.shown.notice(ref)),
    )


def _bounds(created: Params) -> list[tuple[Callable[[datetime, datetime], bool], datetime]]:
    """Return what is asked of the moment of an event, which is written as in RFC 3339."""
    return [(_CHECKS[name], _moment(created, name)) for name in created if name in _CHECKS]


def _moment(created: Params, name: str) -> datetime:
    text = created.required(name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid(f"Invalid timestamp: {text[:40]}", param=created.name_of(name))
    return moment
