"""What is not made over the wire, and why; and what is made there on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "test_whatever_cannot_name_its_owner_cannot_pay": "it is refused before anybody is asked",
    }
)
"""Journeys that are not made over the wire."""

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "test_wrong_uses": "whatever is wrong is refused before anybody is asked",
    }
)
"""Modules of journeys that have no lane over the wire."""

ON_BOTH_DATABASES = frozenset(
    {
        "test_what_no_webhook_told_is_taken_in",
        "test_a_customer_pays_on_the_processors_page",
        "test_coming_back_before_the_webhook_shows_what_was_paid",
        "test_the_same_operation_id_opens_one_page",
        "test_a_customer_deleted_at_the_processor_loses_access_and_may_come_back",
        "test_what_was_kept_renews",
        "test_asking_again_under_one_id_says_again_what_the_customer_has_to_do",
        "test_the_bank_asks_the_customer_and_the_gate_waits",
        "test_a_year_of_one_subscription",
        "test_a_handler_that_fails_after_subscribing_does_not_subscribe_twice",
        "test_the_embedded_runner_works_beside_the_calls",
        "test_webhook_handlers_hear_of_events_after_their_facts_are_in",
        "test_a_customer_keeps_the_owner_it_began_with",
        "test_the_plan_changes_on_the_way",
        "test_a_thousand_joins_and_leaves_at_once_end_in_the_count",
        "test_gathered_joins_make_one_change",
        "test_the_gate_adds_up_what_was_paid_anywhere",
        "test_a_host_asks_by_our_id",
        "test_many_threads_share_one_bridge",
        "test_threads_work_on_the_servers_loop_while_it_serves",
        "test_a_lost_answer_to_an_upgrade_is_found_again",
        "test_an_upgrade_waits_for_the_bank",
        "test_of_moves_and_creations_at_once_each_owner_keeps_one_customer",
        "test_a_team_becomes_a_company_and_takes_everything_with_it",
        "test_a_coupon_is_gone_when_its_time_is_up",
        "test_a_team_that_pays_by_invoice_starts_at_once_and_owes_until_it_pays",
    }
)
"""Journeys that are made on PostgreSQL as well as on SQLite.

Those in which several want the same rows at once, where an answer is lost or a webhook comes
twice, and at least one of every module. Stripe's server knows of no database: all of them on both
would take two minutes more, and the plain journeys are all made on both.
"""
