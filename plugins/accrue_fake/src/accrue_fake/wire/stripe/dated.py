"""Dated: answers at the version of the API that was asked for."""

from __future__ import annotations

from typing import Any

from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.expanding import Expanding
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.shapes.versions import PRESENT


def answered(desk: Desk, shown: Json, call: Call) -> Json:
    """Return an answer as its request wants it: as a version told it, and expanded.

    What is expanded is what that version had there: ``latest_invoice.payment_intent`` before
    2025-03-31.basil, ``latest_invoice.payments`` since.
    """
    before = desk.shown.before(call.version)
    if before.release == PRESENT:
        return desk.expanded(shown, call.params)

    def show(kind: str, ref: str) -> Json:
        return before.told(desk.show(kind, ref))

    def include(owner: Json, key: str) -> Any:
        kind = str(owner["object"])
        bare = {"object": kind, "id": owner["id"]}
        included = desk.expanded(bare, Params({"expand": [key]}))[key]
        return before.value(f"{kind}.{key}", included)

    expanding = Expanding(show, include, release=before.release)
    return expanding.expanded(before.told(shown), call.params.words("expand"))
