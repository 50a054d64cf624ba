"""What operators do: said before it is done, done once, and written down under their name."""

from __future__ import annotations

import pytest

from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, SupportTable
from accrue_fake.processor import FakeProcessor
from tests.admin.desk import HOME, OPERATOR, Desk, Team, opened, path_of
from tests.admin.reading import fields_of_form
from tests.services.lanes import on_sqlite
from tests.stage import new_engine

pytestmark = on_sqlite
"""What a page says and does with an answer is the same on both; the reads behind it run on both."""

REPLAY = "/admin/webhooks/replay"


async def newest(desk: Desk, id_: str) -> tuple[str, str]:
    """Return the type and the actor of the newest entry about a thing."""
    entry = (await desk.billing.timeline_for(id_, limit=1)).items[0]
    return entry.type, entry.actor


async def test_a_subscription_is_canceled_with_the_period(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}"

    asked = await desk.see(f"{path}/cancel")
    answer = await desk.send(f"{path}/cancel", f"{path}/cancel")

    assert "1 February 2026" in asked.text
    assert "$20.00 last time, is not drawn" in asked.text
    assert "export, reports until 1 February 2026" in asked.text
    seen = await desk.see(path_of(answer))
    assert "It will end with the period." in seen.text
    assert (await desk.billing.subscription(id_)).cancel_at_period_end
    assert await newest(desk, id_) == (
        "subscription.cancellation_scheduled",
        f"operator:{OPERATOR}",
    )


async def test_a_subscription_is_canceled_now(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}"

    asked = await desk.see(f"{path}/cancel?when=now")
    answer = await desk.send(f"{path}/cancel?when=now", f"{path}/cancel")

    assert "Access ends at once: export, reports." in asked.text
    assert "$20.00 was paid for the time until 1 February 2026. Nothing of it is refunded." in (
        asked.text
    )
    assert "It has ended" in (await desk.see(path_of(answer))).text
    assert (await desk.billing.subscription(id_)).is_ended
    assert await newest(desk, id_) == ("subscription.ended", f"operator:{OPERATOR}")


async def test_a_pending_end_is_taken_back(desk: Desk) -> None:
    id_ = await desk.subscribed()
    await desk.billing.cancel(id_)
    path = f"/admin/subscriptions/{id_}"

    assert f"{path}/keep" in (await desk.see(path)).links
    asked = await desk.see(f"{path}/keep")
    answer = await desk.send(f"{path}/keep", f"{path}/keep")

    assert "$20.00, as last time, will be charged on 1 February 2026." in asked.text
    assert "It goes on" in (await desk.see(path_of(answer))).text
    assert not (await desk.billing.subscription(id_)).is_ending
    assert await newest(desk, id_) == (
        "subscription.cancellation_undone",
        f"operator:{OPERATOR}",
    )


async def test_a_form_that_is_sent_twice_is_done_once(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/cancel"
    fields = fields_of_form((await desk.answer(path)).text, path)

    first = await desk.operator.post(path, data=fields)
    await desk.billing.keep(id_)
    again = await desk.operator.post(path, data=fields)

    assert path_of(first) == path_of(again)
    assert not (await desk.billing.subscription(id_)).is_ending, "the second was no new wish"
    assert await desk.billing.open_operations() == []


async def test_every_page_of_a_form_is_a_wish_of_its_own(desk: Desk) -> None:
    path = f"/admin/subscriptions/{await desk.subscribed()}/cancel"

    ids = {fields_of_form((await desk.answer(path)).text, path)["operation_id"] for _ in range(3)}

    assert len(ids) == 3


async def test_an_action_that_came_too_late_says_so(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/cancel"
    fields = fields_of_form((await desk.answer(path)).text, path)
    await desk.billing.cancel(id_, when="now")

    answer = await desk.operator.post(path, data=fields)

    assert answer.status_code == 409
    assert "Cannot cancel a subscription that is canceled" in answer.text
    assert "Not possible" in (await desk.see(path)).text
    assert path not in (await desk.see(f"/admin/subscriptions/{id_}")).links


async def test_a_lost_answer_is_told_and_the_wish_can_be_repeated(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/cancel"
    fields = fields_of_form((await desk.answer(path)).text, path)
    desk.engine.scenarios.lose_next_answer("after", call="subscriptions.cancel")

    lost = await desk.operator.post(path, data=fields)
    again = await desk.operator.post(path, data=fields)

    assert lost.status_code == 503
    assert path_of(again)
    assert (await desk.billing.subscription(id_)).cancel_at_period_end


class Limited(FakeProcessor):
    """A Fake that cannot let a subscription run out."""

    @property
    def support(self) -> SupportTable:
        return {**super().support, Capability.CANCEL_AT_PERIOD_END: UNSUPPORTED}


async def test_what_the_processor_cannot_do_is_not_offered(prepared_database_url: str) -> None:
    engine = new_engine()
    async with opened(prepared_database_url, engine=engine, processor=Limited(engine)) as desk:
        id_ = await desk.subscribed()
        path = f"/admin/subscriptions/{id_}"
        asked = await desk.see(f"{path}/cancel")

        assert f"{path}/cancel?when=now" in asked.links
        assert f"{path}/cancel?when=period_end" not in asked.links
        assert "“At the end of the period” is not offered: Fake does not support it." in asked.text
        assert "Cancel it on a day" in asked.text, "the gentlest end that there is"
        later = await desk.see(f"{path}/cancel?when=period_end")
        assert "Fake does not support it." in later.text
        assert f"{path}/cancel" not in [form.action for form in later.forms]


async def test_a_subscription_whose_processor_is_gone_offers_nothing(
    prepared_database_url: str,
) -> None:
    async with opened(prepared_database_url) as desk:
        id_ = await desk.subscribed()
    engine = new_engine()
    other = FakeProcessor(engine, name="other")
    async with opened(prepared_database_url, engine=engine, processor=other) as desk:
        seen = await desk.see(f"/admin/subscriptions/{id_}")
        (all_about,) = (link for link in seen.links if "about=" in link)
        assert "customer.subscription.created" in (await desk.see(all_about)).text

    deeds = ("/keep", "/cancel", "/pause", "/trial")
    assert not [link for link in seen.links if link.endswith(deeds) or "/change" in link]
    for words in ("Change plan", "Pause", "Cancel"):
        assert f"“{words}” is not offered: Fake does not support it." in seen.text


async def dead_webhook(desk: Desk, team: str) -> str:
    """Let a webhook be given up; return its id."""
    id_ = await desk.subscribed(Team(team))
    ref = (await desk.billing.subscription(id_)).ref
    desk.engine.scenarios.hide(ref)
    desk.engine.emitter.emit("customer.subscription.updated", "subscription", ref)
    await desk.settle()
    return (await desk.billing.webhook_deliveries(status="dead", limit=1)).items[0].id


async def test_a_dead_webhook_is_replayed(desk: Desk) -> None:
    id_ = await dead_webhook(desk, "42")
    path = f"/admin/webhooks/{id_}"

    before = await desk.see(path)
    answer = await desk.send(path, f"{path}/replay")
    await desk.settle()

    assert "Given up after 1 attempt" in before.text
    assert "put back into the queue" in (await desk.see(path_of(answer))).text
    assert "Done" in (await desk.see(path)).text
    assert (await desk.billing.webhook_deliveries(status="dead")).items == ()


async def test_all_dead_webhooks_are_replayed_after_saying_how_many(desk: Desk) -> None:
    for team in ("42", "43", "44"):
        await dead_webhook(desk, team)

    asked = await desk.see(REPLAY)
    answer = await desk.send(REPLAY, REPLAY)
    await desk.settle()

    assert "3 webhooks are dispatched again" in asked.text
    assert "They were put back into the queue" in (await desk.see(path_of(answer))).text
    assert (await desk.billing.webhook_deliveries(status="dead")).items == ()
    assert "There is nothing to replay." in (await desk.see(REPLAY)).text


async def test_verifying_shows_what_was_found(desk: Desk) -> None:
    await desk.subscribed()

    answer = await desk.send("/admin/ledger/verify", "/admin/ledger/verify")

    found = await desk.billing.verify_ledger()
    assert answer.status_code == 200
    assert "Every entry is as it was written" in answer.text
    assert f"{found.entries} entries in 1 chain." in answer.text


async def test_operations_without_an_outcome_are_found_out_about(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/cancel"
    desk.engine.scenarios.lose_next_answer("after", call="subscriptions.cancel")
    await desk.send(path, path)
    await desk.meddle("UPDATE accrue_operations SET lease_until = started_at")

    seen = await desk.see("/admin/operations")
    answer = await desk.send("/admin/operations", "/admin/operations/recover")

    assert "Cancel a subscription" in seen.text
    assert f"Operator {OPERATOR}" in seen.text
    assert "was looked up at its processor" in (await desk.see(path_of(answer))).text
    assert "Every operation has its outcome" in (await desk.see("/admin/operations")).text
    assert (await desk.billing.subscription(id_)).cancel_at_period_end


async def test_what_was_asked_is_named_without_what_is_personal_in_it(desk: Desk) -> None:
    desk.engine.scenarios.lose_next_answer("before", call="subscriptions.create")
    note = "kept by the host alone"
    with pytest.raises(Exception, match="lost"):
        await desk.subscribed(metadata={"note": note})

    seen = await desk.answer("/admin/operations")

    assert "Start a subscription" in seen.text
    assert note not in seen.text


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
async def test_a_theme_is_chosen_and_kept(desk: Desk, theme: str) -> None:
    await desk.send("/admin/customers", "/admin/theme", theme="dark")
    answer = await desk.send("/admin/customers", "/admin/theme", theme=theme)
    page = await desk.answer(HOME)

    assert path_of(answer) == "/admin/customers"
    assert (f'data-theme="{theme}"' in page.text) == (theme != "system")
    assert "HttpOnly" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "back", ["//evil.test/", "https://evil.test/", "/other", "/admin\\evil", "/admin/\r\nx: y", ""]
)
async def test_choosing_a_theme_leads_nowhere_else(desk: Desk, back: str) -> None:
    answer = await desk.send(HOME, "/admin/theme", theme="dark", back=back)

    assert path_of(answer) == HOME


async def test_a_theme_that_does_not_exist_is_refused(desk: Desk) -> None:
    answer = await desk.send(HOME, "/admin/theme", theme='x"><script>')

    assert answer.status_code == 400


async def test_an_address_puts_no_words_on_a_page(desk: Desk) -> None:
    id_ = await desk.subscribed()

    seen = await desk.answer(f"/admin/subscriptions/{id_}?done=You+have+won")

    assert "You have won" not in seen.text
    assert 'role="status"' not in seen.text
