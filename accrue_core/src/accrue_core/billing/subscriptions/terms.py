"""Pure: what a new subscription is to be, checked before anything is asked or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from accrue_core.billing.catalog import Catalog, Price
from accrue_core.billing.customers.metadata import checked_metadata
from accrue_core.clock import utc
from accrue_core.contracts.capabilities import Capability, SupportTable, require
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    Collection,
    CreateSubscription,
    NewItem,
    TrialWithoutCard,
)
from accrue_core.errors import InvalidRequest
from accrue_core.text import checked_text

LONGEST_TRIAL = timedelta(days=730)
LARGEST_QUANTITY = 1_000_000_000
MOST_ITEMS = 20
DAYS_UNTIL_DUE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What somebody asked for, in their own words: checked by ``request_for``."""

    trial: timedelta | datetime | None = None
    trial_without_card: TrialWithoutCard = "invoice"
    anchor: datetime | None = None
    backdated_to: datetime | None = None
    proration: Literal["create_prorations", "none"] = "create_prorations"
    collect: Collection = "charge"
    days_until_due: int | None = None
    coupon: str | None = None
    automatic_tax: bool = False
    metadata: Mapping[str, str] | None = None


def checked_items(
    catalog: Catalog,
    processor: str,
    plan: str | Price,
    quantity: int,
    also: Mapping[str | Price, int] | None,
) -> tuple[NewItem, ...]:
    """Return the items that are to be subscribed to, each price once, or ``InvalidRequest``."""
    if also is not None and not isinstance(also, Mapping):
        raise InvalidRequest("also maps further plans to how many of each: also={'seats': 5}")
    wanted = [(plan, quantity), *(also or {}).items()]
    if len(wanted) > MOST_ITEMS:
        raise InvalidRequest(f"a subscription has at most {MOST_ITEMS} items")
    items = []
    for what, how_many in wanted:
        ref = catalog.price(what, processor)
        price = checked_text(ref, name="a price's ref", longest=255)
        items.append(NewItem(price=price, quantity=checked_quantity(how_many)))
    if len({item.price for item in items}) != len(items):
        raise InvalidRequest("two of these are the same price: add up their quantities instead")
    return tuple(items)


def checked_quantity(quantity: int) -> int:
    """Return a quantity as given, or ``InvalidRequest``."""
    if type(quantity) is not int or not 1 <= quantity <= LARGEST_QUANTITY:
        raise InvalidRequest(
            f"quantity is a whole number from 1 to {LARGEST_QUANTITY}, not {quantity!r}"
        )
    return quantity


def request_for(items: tuple[NewItem, ...], terms: Terms) -> CreateSubscription:
    """Return the request, still without its customer; a wrong option is ``InvalidRequest``."""
    days = _days_until_due(terms)
    trial_days, trial_end = _trial(terms.trial)
    if terms.trial_without_card not in ("invoice", "cancel", "pause"):
        raise InvalidRequest(
            "trial_without_card is 'invoice', 'cancel' or 'pause', not "
            f"{terms.trial_without_card!r}"
        )
    if terms.trial is None and terms.trial_without_card != "invoice":
        raise InvalidRequest("trial_without_card goes with a trial")
    if terms.proration not in ("create_prorations", "none"):
        raise InvalidRequest(f"proration is 'create_prorations' or 'none', not {terms.proration!r}")
    if terms.trial is not None and (terms.anchor or terms.backdated_to) is not None:
        raise InvalidRequest("a trial begins now, and periods begin when it ends: drop the anchor")
    return CreateSubscription(
        customer="",
        items=items,
        trial_days=trial_days,
        trial_end=trial_end,
        trial_without_card=terms.trial_without_card,
        anchor=checked_moment(terms.anchor, name="anchor"),
        backdated_to=checked_moment(terms.backdated_to, name="backdated_to"),
        proration=terms.proration,
        collection=terms.collect,
        days_until_due=days,
        coupon=checked_coupon(terms.coupon),
        automatic_tax=terms.automatic_tax,
        metadata=checked_metadata({} if terms.metadata is None else terms.metadata),
    )


def checked_coupon(coupon: str | None) -> str | None:
    """Return a coupon's ref as given, or ``InvalidRequest``."""
    if coupon is None:
        return None
    checked_text(coupon, name="coupon, the processor's ref of one,", longest=255)
    if coupon == COMP_COUPON:
        raise InvalidRequest("to give a subscription for nothing, call comp")
    return coupon


def require_timely(request: CreateSubscription, *, now: datetime) -> None:
    """Refuse moments on the wrong side of now. A repeated call has been judged before."""
    end = request.trial_end
    if end is not None and not now < end <= now + LONGEST_TRIAL:
        raise InvalidRequest("a trial ends in the future, at most 730 days ahead")
    if request.anchor is not None and request.anchor <= now:
        raise InvalidRequest("anchor is in the future: the moment the first whole period begins")
    if request.backdated_to is not None and request.backdated_to >= now:
        raise InvalidRequest("backdated_to is in the past: the moment it counts from")


def require_support(support: SupportTable, terms: CreateSubscription, *, processor: str) -> None:
    """Refuse what the processor says it cannot do."""
    wanted = {
        Capability.SUBSCRIBE: True,
        Capability.SUBSCRIBE_WITH_TRIAL: (terms.trial_days or terms.trial_end) is not None,
        Capability.TRIAL_WITHOUT_CARD: terms.trial_without_card != "invoice",
        Capability.SUBSCRIBE_WITH_QUANTITY: any(item.quantity != 1 for item in terms.items),
        Capability.SEVERAL_ITEMS: len(terms.items) > 1,
        Capability.SUBSCRIBE_WITH_ANCHOR: terms.anchor is not None,
        Capability.SUBSCRIBE_BACKDATED: terms.backdated_to is not None,
        Capability.SUBSCRIBE_WITH_COUPON: terms.coupon not in (None, COMP_COUPON),
        Capability.COMP: terms.coupon == COMP_COUPON,
        Capability.AUTOMATIC_TAX: terms.automatic_tax,
        Capability.COLLECT_BY_INVOICE: terms.collection == "invoice",
    }
    for capability, is_wanted in wanted.items():
        if is_wanted:
            require(support, capability, processor=processor)


def _days_until_due(terms: Terms) -> int | None:
    collect, days = terms.collect, terms.days_until_due
    if collect not in ("charge", "invoice"):
        raise InvalidRequest(f"collect is 'charge' or 'invoice', not {collect!r}")
    if days is not None and (collect != "invoice" or type(days) is not int or not 0 < days <= 730):
        raise InvalidRequest("days_until_due goes with collect='invoice', from 1 to 730")
    return (days or DAYS_UNTIL_DUE) if collect == "invoice" else None


def checked_moment(moment: datetime | None, *, name: str) -> datetime | None:
    """Return a moment in UTC and whole seconds, if there is one, or ``InvalidRequest``."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        raise InvalidRequest(f"{name} is a moment, not {moment!r}")
    return utc(moment, name=name).replace(microsecond=0)


def _trial(trial: timedelta | datetime | None) -> tuple[int | None, datetime | None]:
    if trial is None:
        return None, None
    if isinstance(trial, timedelta):
        if trial % timedelta(days=1) or not timedelta(0) < trial <= LONGEST_TRIAL:
            raise InvalidRequest("a trial is whole days, from 1 to 730; or pass when it ends")
        return trial.days, None
    if not isinstance(trial, datetime):
        raise InvalidRequest(f"a trial is timedelta(days=14) or the moment it ends, not {trial!r}")
    return None, utc(trial, name="the end of a trial").replace(microsecond=0)
