"""Outside teams use the server as they use Stripe, and see what they would see there."""

from __future__ import annotations

from typing import Any

import stripe

from tests.strangers.story import DAY, JANUARY

FEBRUARY_15, JUNE_15 = JANUARY + 45 * DAY, JANUARY + 165 * DAY
Told = dict[str, Any]


def test_a_customer_is_made_once_however_often_its_key_is_sent(told: Told) -> None:
    assert told["set_up"] == {
        "created_once": True,
        "name": "Ann Ærlig",
        "metadata": {"team": "7"},
        "created": JANUARY,
        "card": "4242",
        "live": False,
    }


def test_a_trial_costs_nothing(told: Told) -> None:
    assert told["trial"] == {
        "status": "trialing",
        "trial_end": JANUARY + 14 * DAY,
        "first_invoice": ["paid", 0],
    }


def test_the_first_period_and_three_renewals_are_paid(told: Told) -> None:
    ends = [FEBRUARY_15 + days * DAY for days in (0, 28, 59, 89)]

    assert told["renewals"] == [["active", "subscription_cycle", 1900, "paid", end] for end in ends]


def test_a_declined_renewal_is_owed(told: Told) -> None:
    assert told["decline"] == {
        "status": "past_due",
        "refused": ["CardError", 402, "card_declined", "generic_decline"],
        "invoice": ["open", 1900],
    }


def test_another_card_makes_up_for_it(told: Told) -> None:
    assert told["recovery"] == {"invoice": ["paid", 1900], "status": "active"}


def test_another_plan_costs_what_its_preview_said(told: Told) -> None:
    assert told["change"] == {
        "preview": (4900 - 1900) // 2,
        "invoice": ["paid", (4900 - 1900) // 2],
        "lines": [-950, 2450],
        "price": 4900,
    }


def test_it_ends_with_the_period_that_was_paid_for(told: Told) -> None:
    until = told["end"]["until"]

    assert until == JUNE_15
    assert told["end"]["before"] == ["active", True]
    assert told["end"]["after"] == ["canceled", until]


def test_faults_are_survived_and_nothing_is_done_twice(told: Told) -> None:
    assert told["faults"] == {"created": [1, 1]}


def test_what_is_refused_is_the_sdk_s_own_error(told: Told) -> None:
    assert told["refusals"] == {
        "key": ["AuthenticationError", 401, None],
        "missing": ["InvalidRequestError", 404, "resource_missing"],
        "unknown": ["InvalidRequestError", 400, "parameter_unknown"],
        "unplayed_route": ["InvalidRequestError", 404, "not_played_by_the_fake"],
        "unplayed_parameter": ["InvalidRequestError", 400, "not_played_by_the_fake"],
        "other_words": ["IdempotencyError", 400, None],
    }


def test_every_webhook_is_verified_and_a_forged_one_is_not(told: Told) -> None:
    webhooks = told["webhooks"]

    assert webhooks["in_order_and_once"]
    assert (webhooks["refused"], webhooks["forged"]) == (0, 400)
    assert webhooks["versions"] == [stripe.api_version]


def test_the_webhooks_tell_the_same_life(told: Told) -> None:
    types = told["webhooks"]["types"]
    first, renewed, changed = 2, 4, 1

    assert (types["customer.created"], types["customer.subscription.created"]) == (3, 1)
    assert types["customer.subscription.trial_will_end"] == 1
    assert types["invoice.paid"] == first + renewed + changed
    assert types["payment_intent.succeeded"] == types["invoice.paid"] - 1, "the trial was free"
    assert types["invoice.payment_failed"] == 2, "the renewal, and the attempt to pay it"
    assert types["customer.subscription.deleted"] == 1


def test_both_sdks_have_seen_the_same(python_told: Told, node_told: Told) -> None:
    assert python_told == node_told
