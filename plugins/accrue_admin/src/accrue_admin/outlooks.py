"""Pure: what a pause, its end, and another end of a trial will do, before they are confirmed."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from accrue_admin import copy
from accrue_admin.cases import Dossier
from accrue_core.contracts.changes import PauseBehavior
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.pages.words import day


def of_pausing(dossier: Dossier, ways: Container[PauseBehavior]) -> list[str]:
    """Return what a pause does, whichever of the ways it is made in."""
    goes_on = copy.UNLESS_ALL_OF_IT if "none" in ways else copy.PERIODS_GO_ON
    return [*_closes(dossier), goes_on]


def of_resuming(dossier: Dossier) -> list[str]:
    """Return what ending a pause does."""
    subscription = dossier.subscription
    if subscription.status == SubscriptionStatus.PAUSED:
        return [copy.A_PERIOD_BEGINS]
    said = ["What falls due from now on is collected again."]
    renews = subscription.renews_at
    if renews is not None and not subscription.is_ending:
        said.append(f"The next invoice is drawn on {day(renews)}.")
    if subscription.collection_paused == "void":
        said.append("What was voided meanwhile stays void.")
    elif subscription.collection_paused == "keep_as_draft":
        said.append("Drafts stay drafts: nobody collects them later.")
    elif subscription.collection_paused == "mark_uncollectible":
        said.append("What was written off stays written off.")
    return said


def of_moving_the_trial(dossier: Dossier) -> list[str]:
    """Return what another end of the trial does."""
    said = ["Nothing is charged now, and nothing before that day."]
    if dossier.subscription.is_ending:
        return [*said, copy.still_ends(dossier.subscription.ends_at)]
    by_invoice = dossier.subscription.collection == "invoice"
    paid = "an invoice for it is sent" if by_invoice else "it is charged"
    return [*said, f"The first period begins on that day, and {paid} then."]


def of_ending_the_trial(dossier: Dossier, now: datetime) -> list[str]:
    """Return what ending a trial now does."""
    until = dossier.subscription.trial_end
    said = []
    if until is not None and until > now:
        said.append(f"The rest of the trial, until {day(until)}, is given up.")
    if dossier.subscription.collection == "invoice":
        return [*said, "The first period begins now, and an invoice for it is sent."]
    if dossier.method is None:
        return [
            *said,
            "The first period begins now and is to be charged, but no payment method is on file: "
            "the charge will fail, and access closes until it is paid.",
        ]
    return [
        *said,
        f"The first period begins now, and is charged to {dossier.method}.",
        "A charge that fails leaves it as a failed renewal does: access closes until it is paid.",
    ]


def _closes(dossier: Dossier) -> list[str]:
    if not dossier.subscription.is_entitling:
        return [copy.GRANTS_NOTHING]
    if not dossier.only_here:
        return ["No access is lost: everything it grants is granted elsewhere, too."]
    return [f"Access closes at once: {', '.join(sorted(dossier.only_here))}.", copy.GRANTS_NOTHING]
