"""What is not the same over the wire, and why. The aim is that nothing is listed here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from tests.stage import TEAM, Stage

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "product": "the engine sells prices of no product; Stripe's prices always have one",
    }
)
"""Columns, or keys in them, that are not compared."""


async def can_be_written_to(stage: Stage) -> None:
    """Stripe sends an invoice to nobody without an email address; the Fake does."""
    await stage.billing.customer(TEAM)
    await stage.billing.update_customer(TEAM, email="team@example.com")


FIRST: Mapping[str, Callable[[Stage], Awaitable[None]]] = MappingProxyType(
    dict.fromkeys(
        (
            "test_a_team_that_pays_by_invoice_starts_at_once_and_owes_until_it_pays",
            "test_invoices_are_due_in_thirty_days_unless_said_otherwise",
        ),
        can_be_written_to,
    )
)
"""Journeys before which something has to be done, on both stages."""

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "test_whatever_cannot_name_its_owner_cannot_pay": "it is refused before anybody is asked",
        "test_webhook_handlers_hear_of_events_after_their_facts_are_in": (
            "it carries the engine's own webhooks to the door by itself"
        ),
    }
)
"""Journeys that are not made over the wire."""

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "test_several_processors": "it has engines of its own, and carries their webhooks itself",
        "test_the_blocking_twin": "it has an Accrue of its own, over the Fake's processor",
        "test_wrong_uses": "whatever is wrong is refused before anybody is asked",
    }
)
"""Modules of journeys that have no lane over the wire."""
