"""What a new subscription is to be: checked before anything is asked or written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from accrue_core.clock import utc
from accrue_core.context import Context
from accrue_core.contracts.capabilities import Capability, SupportTable, require
from accrue_core.contracts.subscriptions import Collection, CreateSubscription, NewItem
from accrue_core.errors import InvalidRequest
from accrue_core.text import checked_text, is_storable

LONGEST_TRIAL = timedelta(days=730)
LARGEST_QUANTITY = 1_000_000_000
DAYS_UNTIL_DUE = 30
METADATA_KEYS = 40


def checked_terms(
    price: str,
    *,
    quantity: int,
    trial: timedelta | datetime | None,
    collect: Collection,
    days_until_due: int | None,
    metadata: Mapping[str, str] | None,
) -> CreateSubscription:
    """Return the request, still without its customer; a wrong option is ``InvalidRequest``."""
    if type(quantity) is not int or not 1 <= quantity <= LARGEST_QUANTITY:
        raise InvalidRequest(
            f"quantity is a whole number from 1 to {LARGEST_QUANTITY}, not {quantity!r}"
        )
    if collect not in ("charge", "invoice"):
        raise InvalidRequest(f"collect is 'charge' or 'invoice', not {collect!r}")
    if days_until_due is not None and (
        collect != "invoice" or type(days_until_due) is not int or not 0 < days_until_due <= 730
    ):
        raise InvalidRequest("days_until_due goes with collect='invoice', from 1 to 730")
    trial_days, trial_end = _trial(trial)
    days = (days_until_due or DAYS_UNTIL_DUE) if collect == "invoice" else None
    return CreateSubscription(
        customer="",
        items=(
            NewItem(
                price=checked_text(price, name="a price's ref", longest=255), quantity=quantity
            ),
        ),
        trial_days=trial_days,
        trial_end=trial_end,
        collection=collect,
        days_until_due=days,
        metadata=checked_metadata({} if metadata is None else metadata),
    )


def require_future_trial(ctx: Context, terms: CreateSubscription) -> None:
    """Refuse a trial that ends in the past, or after two years."""
    end, now = terms.trial_end, ctx.clock.now()
    if end is not None and not now < end <= now + LONGEST_TRIAL:
        raise InvalidRequest("a trial ends in the future, at most 730 days ahead")


def require_support(support: SupportTable, terms: CreateSubscription, *, processor: str) -> None:
    """Refuse what the processor says it cannot do."""
    wanted = [Capability.SUBSCRIBE]
    if terms.trial_days is not None or terms.trial_end is not None:
        wanted.append(Capability.SUBSCRIBE_WITH_TRIAL)
    if terms.items[0].quantity != 1:
        wanted.append(Capability.SUBSCRIBE_WITH_QUANTITY)
    if terms.collection == "invoice":
        wanted.append(Capability.COLLECT_BY_INVOICE)
    for capability in wanted:
        require(support, capability, processor=processor)


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return metadata that every processor can keep: flat text, at most 40 short keys.

    The limits are Stripe's documented ones (50 keys of 40 characters, values of 500), less what
    Accrue itself stores there.
    """
    if not isinstance(metadata, Mapping) or len(metadata) > METADATA_KEYS:
        raise InvalidRequest(f"metadata maps text to text, with at most {METADATA_KEYS} keys")
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidRequest("metadata maps text to text")
        if not 0 < len(key) <= 40 or len(value) > 500 or "[" in key or "]" in key:
            raise InvalidRequest(
                f"metadata key {key[:40]!r}: keys have 1 to 40 characters and no brackets, "
                "values at most 500"
            )
        if not is_storable(key) or not is_storable(value):
            raise InvalidRequest("metadata holds characters that cannot be stored")
        if key.startswith("accrue_"):
            raise InvalidRequest("metadata keys that start with accrue_ are Accrue's own")
    return dict(metadata)


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
