from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from accrue_core.billing.invoices import lifecycle as invoices
from accrue_core.billing.subscriptions import lifecycle
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_core.errors import IllegalTransition
from tests.units.strategies import invoice_snapshots, row_of, subscription_snapshots

S = SubscriptionStatus
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)

MEANING = {
    #                      entitling owing  ended  cancel keep   change trial  pause  resume rest
    S.TRIALING:           (True,     False, False, True,  True,  True,  True,  True,  True,  False),
    S.ACTIVE:             (True,     False, False, True,  True,  True,  False, True,  True,  True),
    S.PAST_DUE:           (False,    True,  False, True,  True,  False, False, True,  True,  False),
    S.UNPAID:             (False,    True,  False, True,  True,  False, False, False, True,  False),
    S.PAUSED:             (False,    False, False, True,  True,  False, False, False, True,  False),
    S.INCOMPLETE:         (False,    False, False, True,  False, False, False, False, True,  False),
    S.CANCELED:           (False,    False, True,  False, False, False, False, False, False, False),
    S.INCOMPLETE_EXPIRED: (False,    False, True,  False, False, False, False, False, False, False),
}  # fmt: skip
VERBS = {
    "cancel": 3, "keep": 4, "change": 5, "extend_trial": 6, "end_trial": 6, "pause": 7, "resume": 8,
    "rest": 9,
}  # fmt: skip


def test_every_status_has_a_meaning_here_and_every_verb_a_rule() -> None:
    assert set(MEANING) == set(S)
    assert set(lifecycle.ALLOWED) == set(VERBS)


@pytest.mark.parametrize("status", S)
def test_what_a_status_means(status: S) -> None:
    entitling, owing, ended, *_ = MEANING[status]
    assert (status in lifecycle.ENTITLING) == entitling
    assert (status in lifecycle.OWING) == owing
    assert (status in lifecycle.ENDED) == ended


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", S)
def test_each_verb_is_allowed_from_its_statuses_only(verb: str, status: S) -> None:
    if MEANING[status][VERBS[verb]]:
        lifecycle.require(verb, status)
        return
    with pytest.raises(IllegalTransition) as caught:
        lifecycle.require(verb, status)
    assert str(caught.value).startswith(f"cannot {verb} a subscription that is {status.value}; ")
    assert caught.value.allowed == {word.value for word in lifecycle.ALLOWED[verb]}


def test_there_is_nothing_to_keep_without_a_pending_end() -> None:
    lifecycle.require_pending_end(is_ending=True)
    with pytest.raises(IllegalTransition, match="cannot keep a subscription that is not set to en"):
        lifecycle.require_pending_end(is_ending=False)


def test_one_change_at_a_time_and_one_pause() -> None:
    lifecycle.require_no_pending_change(is_pending=False)
    with pytest.raises(IllegalTransition, match="waiting for a change to be paid"):
        lifecycle.require_no_pending_change(is_pending=True)
    lifecycle.require_collection(is_paused=False)
    with pytest.raises(IllegalTransition, match="cannot change and invoice a subscription"):
        lifecycle.require_collection(is_paused=True)
    lifecycle.require_pause("pause", is_paused=False)
    lifecycle.require_pause("resume", is_paused=True)
    with pytest.raises(IllegalTransition, match="cannot pause a subscription that is paused"):
        lifecycle.require_pause("pause", is_paused=True)
    with pytest.raises(IllegalTransition, match="cannot resume a subscription that is not paused"):
        lifecycle.require_pause("resume", is_paused=False)


REST = {"is_pending": False, "is_scheduled": False, "is_ending": False}


def test_what_rests_as_a_whole_has_nothing_else_ahead() -> None:
    lifecycle.require_rest(S.ACTIVE, **REST)
    for ahead, words in (
        ("is_pending", "waiting for a change"),
        ("is_scheduled", "driven by a schedule"),
        ("is_ending", "set to end; it must be one of: not set to end: keep it first"),
    ):
        with pytest.raises(IllegalTransition, match=f"cannot rest a subscription that is {words}"):
            lifecycle.require_rest(S.ACTIVE, **{**REST, ahead: True})
    with pytest.raises(IllegalTransition, match="that is trialing"):
        lifecycle.require_rest(S.TRIALING, **REST)


@given(subscription_snapshots)
def test_a_row_knows_what_it_means(snapshot: SubscriptionSnapshot) -> None:
    row = row_of(snapshot)
    entitling, owing, ended, *_ = MEANING[snapshot.status]
    is_over = ended or snapshot.ended_at is not None
    assert row.is_entitling == (
        entitling and snapshot.ended_at is None and snapshot.collection_paused is None
    )
    assert row.is_owing == owing
    assert row.is_ended == is_over
    pending = snapshot.cancel_at_period_end or snapshot.cancel_at is not None
    assert row.is_ending == (pending and not is_over)
    ends = [i.current_period_end for i in snapshot.items if i.current_period_end is not None]
    assert row.renews_at == (min(ends) if ends else None)
    assert row.ends_at == ((snapshot.cancel_at or row.renews_at) if row.is_ending else None)
    assert not replace(row, unreadable="frozen").is_entitling
    assert not replace(row, gone_at=MOMENT).is_entitling


@pytest.mark.parametrize("status", InvoiceStatus)
def test_only_an_open_invoice_is_collectable(status: InvoiceStatus) -> None:
    assert (status in invoices.COLLECTABLE) == (status == "open")
    assert (status in invoices.CLOSED) == (status in {"paid", "void"})


@given(invoice_snapshots())
def test_an_invoice_that_cannot_be_read_is_not_collected(snapshot: object) -> None:
    row = row_of(snapshot)
    assert row.is_collectable == (row.status == "open")
    assert not replace(row, unreadable="frozen").is_collectable
    for name in ("total", "amount_due", "amount_paid", "amount_remaining"):
        assert getattr(row, name) == getattr(snapshot, name)
