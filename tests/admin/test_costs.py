"""What a page costs: a few statements, as many for a thousand rows as for ten, all on indexes."""

from __future__ import annotations

import re

from tests.admin.desk import HOME, Desk
from tests.admin.plans import recorded, scanned
from tests.services.lanes import on_postgres

MOST = {
    HOME: 20,
    "/admin/customers": 4,
    "/admin/subscriptions": 4,
    "/admin/invoices": 5,
    "/admin/webhooks": 4,
    "/admin/ledger": 3,
    "/admin/operations": 2,
    "/admin/search?q=sub_nothing": 14,
}
"""The statements that each page may take at most."""

DETAILS = {
    "customers": 18,
    "subscriptions": 14,
    "invoices": 14,
    "webhooks": 20,
    "ledger": 4,
}


async def cost(desk: Desk, path: str) -> int:
    """Return how many statements a page takes."""
    with recorded(desk.accrue.runtime.engines()) as statements:
        answer = await desk.answer(path)
    assert answer.status_code == 200
    return len(statements)


async def details(desk: Desk) -> dict[str, str]:
    """Return the newest thing's page of each section."""
    pages = {}
    for section in DETAILS:
        answer = await desk.answer(f"/admin/{section}")
        found = re.search(rf'href="(/admin/{section}/a[a-z]+_\w{{26}})"', answer.text)
        assert found, section
        pages[section] = found.group(1)
    return pages


async def test_a_page_takes_as_many_statements_for_many_rows_as_for_few(desk: Desk) -> None:
    await desk.crowd(3)
    few = {path: await cost(desk, path) for path in MOST}
    few |= {section: await cost(desk, path) for section, path in (await details(desk)).items()}
    await desk.crowd(24)
    many = {path: await cost(desk, path) for path in MOST}
    many |= {section: await cost(desk, path) for section, path in (await details(desk)).items()}

    assert few == many
    assert {
        path: number for path, number in many.items() if number > {**MOST, **DETAILS}[path]
    } == {}


@on_postgres
async def test_no_page_reads_a_table_from_end_to_end(busy: Desk) -> None:
    engines = busy.accrue.runtime.engines()
    for path in (*MOST, *(await details(busy)).values()):
        with recorded(engines) as statements:
            assert (await busy.answer(path)).status_code == 200
        assert await scanned(engines, statements) == [], path


async def test_no_page_asks_a_processor(busy: Desk) -> None:
    busy.engine.scenarios.go_wrong_at_random(unreachable=1.0)

    for path in (*MOST, *(await details(busy)).values()):
        assert (await busy.answer(path)).status_code == 200
