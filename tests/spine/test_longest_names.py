"""What is allowed at the door fits into every column and key behind it."""

from __future__ import annotations

from accrue_core.owners import Owner
from tests.stage import staged


async def test_an_owner_of_the_longest_name_becomes_a_customer(prepared_database_url: str) -> None:
    owner = Owner("t" * 40, "x" * 200)
    async with staged(prepared_database_url) as stage:
        customer = await stage.billing.customer(owner)
        assert customer.owner == owner
        assert await stage.billing.find_customer(owner) == customer
