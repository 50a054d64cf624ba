"""Pure: what a change would cost, bound to the moment and the terms under which it was said."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from accrue_core.contracts.changes import ChangeSubscription, PreviewedChange, Proration
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.errors import InvalidRequest, PreviewStale
from accrue_core.money import Money

LIFETIME = timedelta(hours=1)
"""How long what was shown can be agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePreview:
    """What a change would put on an invoice, to the minor unit, if it is agreed to soon.

    ``due_now`` says whether ``amount_due`` is charged at once, or with the next renewal, whose own
    lines are then among ``lines``. ``token`` goes into the form and comes back with the answer:
    the verb that is given it makes exactly this change, or raises ``PreviewStale``.
    """

    subscription_id: str
    proration: Proration
    proration_at: datetime
    currency: str
    lines: tuple[InvoiceLineSnapshot, ...]
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    amount_due: Money
    due_now: bool
    token: str


def preview_of(
    subscription_id: str, request: ChangeSubscription, said: PreviewedChange
) -> ChangePreview:
    """Bind what a processor said to what was asked."""
    moment = int(said.proration_at.timestamp())
    return ChangePreview(
        subscription_id=subscription_id,
        proration=request.proration,
        proration_at=said.proration_at,
        currency=said.currency,
        lines=said.lines,
        subtotal=said.subtotal,
        discount=said.discount,
        tax=said.tax,
        total=said.total,
        amount_due=said.amount_due,
        due_now=said.due_now,
        token=f"{moment}.{_digest(request, said)}",
    )


def moment_in(token: str, *, now: datetime) -> datetime:
    """Return the moment that a preview was made for; ``PreviewStale`` when it is too long ago."""
    seconds, _, digest = token.partition(".") if isinstance(token, str) else ("", "", "")
    if not seconds.isdecimal() or len(seconds) > 11 or len(digest) != 64:
        raise InvalidRequest("preview is the token of a ChangePreview")
    moment = datetime.fromtimestamp(int(seconds), UTC)
    if not now - LIFETIME <= moment <= now + LIFETIME:
        raise PreviewStale("it was made too long ago")
    return moment


def require_same(token: str, request: ChangeSubscription, said: PreviewedChange) -> None:
    """Raise ``PreviewStale`` unless the processor still says what it said."""
    if not hmac.compare_digest(token.partition(".")[2].encode(), _digest(request, said).encode()):
        raise PreviewStale("the price, the items, the quantity or a discount has changed")


def _digest(request: ChangeSubscription, said: PreviewedChange) -> str:
    """Hash the change as it would be made and every amount that was shown, but for refs of lines:
    a processor makes those up for each preview.
    """
    shown = [{**asdict(line), "ref": ""} for line in said.lines]
    amounts = [said.subtotal, said.discount, said.tax, said.total, said.amount_due]
    content = {
        "ref": request.ref,
        "items": [asdict(item) for item in request.items],
        "removed": sorted(request.removed),
        "proration": request.proration,
        "at": said.proration_at,
        "lines": shown,
        "amounts": [asdict(amount) for amount in amounts],
        "due_now": said.due_now,
    }
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
