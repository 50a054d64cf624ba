"""What did this owner pay for? Reads our own database, in one query, and fails closed."""

from __future__ import annotations

import logging

from accrue_core.billing.entitlements import queries
from accrue_core.billing.entitlements.resolve import Access, resolve
from accrue_core.context import Context, verb
from accrue_core.owners import Billable, Owner, owner_of

_log = logging.getLogger("accrue.gate")


@verb("entitled")
async def entitled(ctx: Context, payer: Owner | Billable, feature: str) -> bool:
    """Say whether an owner may use a feature right now.

    A database that cannot be asked means no, and is logged. A feature that no plan has is an
    ``InvalidRequest``, so that a typo does not lock everybody out unnoticed.
    """
    wanted = ctx.catalog.require_feature(feature)
    access = await _access_or_none(ctx, owner_of(payer))
    return access is not None and wanted in access.features


@verb("has_active_plan")
async def has_active_plan(ctx: Context, payer: Owner | Billable, plan: str | None = None) -> bool:
    """Say whether an owner has a plan; without a key, whether they pay for or try any.

    The free default plan counts only when it is asked for by its key.
    """
    wanted = None if plan is None else ctx.catalog.plan(plan).key
    access = await _access_or_none(ctx, owner_of(payer))
    if access is None:
        return False
    return bool(access.paid_plans) if wanted is None else wanted in access.plans


@verb("features_for")
async def features_for(ctx: Context, payer: Owner | Billable) -> frozenset[str]:
    """Return the features an owner may use; none when the database cannot be asked."""
    access = await _access_or_none(ctx, owner_of(payer))
    return access.features if access is not None else frozenset()


@verb("explain_access")
async def explain_access(ctx: Context, payer: Owner | Billable) -> Access:
    """Return what an owner may use and the reason for each item they hold."""
    return await _access(ctx, owner_of(payer))


async def _access(ctx: Context, owner: Owner) -> Access:
    async with ctx.reading() as reading:
        held = await queries.held_by(reading, owner)
    return resolve(ctx.catalog, held, ctx.clock.now())


async def _access_or_none(ctx: Context, owner: Owner) -> Access | None:
    try:
        return await _access(ctx, owner)
    except Exception as error:
        # A gate that cannot be answered is closed; who watches the log must hear of it.
        _log.error("gate closed: %s", type(error).__name__)
        return None
