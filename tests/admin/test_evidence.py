"""A ledger that somebody has edited is shown as such, on every page that reads it."""

from __future__ import annotations

import pytest

from tests.admin.desk import HOME, Desk
from tests.spine.ledgers import DROP_TRIGGERS


async def tamper(desk: Desk, sql: str) -> None:
    """Edit the ledger as somebody can who may drop its triggers."""
    kind = desk.accrue.runtime.engines().writing.dialect.name
    for statement in DROP_TRIGGERS[kind]:
        await desk.meddle(statement)
    await desk.meddle(sql)


async def entry_of(desk: Desk, id_: str, *, sequence: int) -> str:
    """Return the id of an entry by its place in its chain."""
    page = await desk.billing.timeline_for(id_, limit=500)
    return next(entry.id for entry in page.items if entry.sequence == sequence)


async def test_an_entry_is_shown_as_it_is_stored(desk: Desk) -> None:
    id_ = await desk.subscribed()
    customer = (await desk.billing.subscription(id_)).customer_id or ""
    entry = await entry_of(desk, customer, sequence=2)

    seen = await desk.see(f"/admin/ledger/{entry}")

    assert "As it was written" in seen.text
    assert f'"id": "{entry}"' in seen.text
    assert f"/admin/ledger/{await entry_of(desk, customer, sequence=1)}" in seen.links
    assert f"/admin/ledger/{await entry_of(desk, customer, sequence=3)}" in seen.links


async def test_the_first_entry_of_a_chain_has_nothing_before_it(desk: Desk) -> None:
    id_ = await desk.subscribed()
    customer = (await desk.billing.subscription(id_)).customer_id or ""

    seen = await desk.see(f"/admin/ledger/{await entry_of(desk, customer, sequence=1)}")

    assert "As it was written" in seen.text


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE accrue_ledger SET type = 'invoice.voided' WHERE sequence = 2", "Not as it was"),
        ("DELETE FROM accrue_ledger WHERE sequence = 1", "The entry before it is missing"),
    ],
)
async def test_an_edited_entry_says_so(desk: Desk, sql: str, words: str) -> None:
    id_ = await desk.subscribed()
    customer = (await desk.billing.subscription(id_)).customer_id or ""
    entry = await entry_of(desk, customer, sequence=2)
    await tamper(desk, sql)

    assert words in (await desk.see(f"/admin/ledger/{entry}")).text


async def test_bytes_that_cannot_be_read_break_no_list(desk: Desk) -> None:
    id_ = await desk.subscribed()
    customer = (await desk.billing.subscription(id_)).customer_id or ""
    entry = await entry_of(desk, customer, sequence=2)
    is_sqlite = desk.accrue.runtime.engines().is_sqlite
    garbage = "CAST('{' AS BLOB)" if is_sqlite else "'{'::bytea"
    await tamper(desk, f"UPDATE accrue_ledger SET body = {garbage} WHERE sequence = 2")

    for path in (
        HOME, "/admin/ledger", f"/admin/ledger/{entry}", f"/admin/customers/{customer}",
    ):  # fmt: skip
        assert "This entry cannot be read: verify the ledger" in (await desk.see(path)).text


async def test_verifying_names_the_first_bad_place_of_each_chain(desk: Desk) -> None:
    await desk.crowd(2)
    await tamper(desk, "UPDATE accrue_ledger SET type = 'invoice.voided' WHERE sequence = 2")

    answer = await desk.send("/admin/ledger/verify", "/admin/ledger/verify")

    assert "Something is not as it was written" in answer.text
    assert "2 chains are broken" in answer.text
    assert answer.text.count("its columns do not match its bytes") == 2
