"""The first page: what needs attention first, and calm when nothing does."""

from __future__ import annotations

import pytest

from accrue_admin.concerns import MOST, counted
from tests.admin.desk import HOME, Desk, Team


async def test_a_desk_without_trouble_is_calm(desk: Desk) -> None:
    await desk.subscribed()

    seen = await desk.see(HOME)

    assert "All clear" in seen.text
    assert "Needs attention" not in seen.text


async def test_trouble_is_named_and_leads_to_where_it_is(busy: Desk) -> None:
    seen = await busy.see(HOME)

    assert "All clear" not in seen.text
    for words, link in [
        ("1 webhook was given up", "/admin/webhooks?status=dead"),
        ("1 subscription is past due", "/admin/subscriptions?status=past_due"),
        ("1 open invoice with failed payments", "/admin/invoices?status=failed"),
        (
            "1 subscription with a status that Accrue does not know",
            "/admin/ledger?type=subscription.unreadable",
        ),
    ]:
        assert words in seen.text
        assert link in seen.links
        assert (await busy.answer(link)).status_code == 200


async def test_what_is_worse_comes_first(busy: Desk) -> None:
    text = (await busy.see(HOME)).text

    assert text.index("given up") < text.index("past due")
    assert text.index("does not know") < text.index("failed payments")


async def test_an_unreadable_thing_that_can_be_read_again_is_no_concern(busy: Desk) -> None:
    ref = (await busy.billing.subscriptions(Team("47")))[0].ref
    busy.engine.scenarios.clear()
    busy.engine.emitter.emit("customer.subscription.updated", "subscription", ref)
    await busy.settle()

    assert "does not know" not in (await busy.see(HOME)).text


async def test_an_operation_is_no_concern_before_minutes_have_passed(desk: Desk) -> None:
    id_ = await desk.subscribed()
    desk.engine.scenarios.lose_next_answer("before", call="subscriptions.cancel")
    path = f"/admin/subscriptions/{id_}/cancel"
    await desk.send(path, path)

    assert "All clear" in (await desk.see(HOME)).text
    await desk.meddle("UPDATE accrue_operations SET started_at = '2020-01-01 00:00:00'")
    assert "1 operation has no known outcome" in (await desk.see(HOME)).text
    await desk.meddle("UPDATE accrue_operations SET status = 'stuck' WHERE status = 'open'")
    assert "1 operation is stuck" in (await desk.see(HOME)).text


async def test_a_backlog_is_no_concern_before_minutes_have_passed(desk: Desk) -> None:
    await desk.billing.subscribe(Team("42"), "pro", payment_method="pm_card_visa")
    await desk.deliver()

    assert "All clear" in (await desk.see(HOME)).text
    await desk.meddle("UPDATE accrue_webhook_deliveries SET received_at = '2020-01-01 00:00:00'")
    seen = await desk.see(HOME)
    assert "webhooks wait" in seen.text
    assert "1 Jan 2020, 00:00 UTC" in seen.text


async def test_what_happened_last_is_told(busy: Desk) -> None:
    seen = await busy.see(HOME)

    assert "Subscription has the unknown status “hibernating”" in seen.text
    assert "customer.subscription.updated" in seen.text


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (999, "999"), (MOST, "1,000"), (MOST + 1, "more than 1,000")]
)
def test_counting_stops_and_says_so(number: int, words: str) -> None:
    assert counted(number) == words


async def test_the_desk_says_when_no_money_is_real(desk: Desk) -> None:
    assert "Test mode" in (await desk.see(HOME)).text
