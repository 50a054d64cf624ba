"""A pause, a trial's end and an end on a day of one's own: explained, done, and written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.admin.desk import BIRCH, OPERATOR, Desk, path_of
from tests.admin.reading import fields_of_form, read
from tests.admin.test_actions import newest
from tests.services.lanes import on_sqlite

pytestmark = on_sqlite
"""What a page says and does with an answer is the same on both; the reads behind it run on both."""


@pytest.mark.parametrize("behavior", ["void", "keep_as_draft", "mark_uncollectible"])
async def test_collection_is_paused_and_resumed(desk: Desk, behavior: str) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}"

    asked = await desk.see(f"{path}/pause")
    paused = await desk.send(f"{path}/pause", f"{path}/pause", invoices=behavior)
    seen = await desk.see(path_of(paused))
    first = await newest(desk, id_)
    back = await desk.see(f"{path}/resume")
    resumed = await desk.send(f"{path}/resume", f"{path}/resume")

    assert f"{path}/pause" in (await desk.see(path)).links
    for words in ("Void them", "Keep them as drafts", "Write them off", "Access closes at once"):
        assert words in asked.text
    assert "Collection is paused" in seen.text
    assert f"{path}/resume" in seen.links
    assert f"{path}/pause" not in seen.links
    assert first == ("subscription.collection_paused", f"operator:{OPERATOR}")
    assert "collected again" in back.text
    assert "What falls due from now on is collected." in (await desk.see(path_of(resumed))).text
    assert not (await desk.billing.subscription(id_)).is_paused
    assert await newest(desk, id_) == ("subscription.collection_resumed", f"operator:{OPERATOR}")


async def test_all_of_a_subscription_is_paused_and_resumed(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}"

    asked = await desk.see(f"{path}/pause")
    paused = await desk.send(f"{path}/pause", f"{path}/pause", invoices="none")
    seen = await desk.see(path_of(paused))
    back = await desk.see(f"{path}/resume")
    await desk.send(f"{path}/resume", f"{path}/resume")

    assert "There are none: pause all of it" in asked.text
    assert "Unless all of it is paused, its status stays" in asked.text
    assert "All of it is paused: nothing is invoiced" in seen.text
    assert f"{path}/resume" in seen.links
    assert "Renews" not in seen.text
    assert "A new period begins now, and is charged less" in back.text
    assert not (await desk.billing.subscription(id_)).is_paused
    assert "All of it is paused" not in (await desk.see(path)).text


async def test_what_cannot_rest_is_not_offered_to(desk: Desk) -> None:
    id_ = await desk.subscribed()
    await desk.billing.cancel(id_)
    path = f"/admin/subscriptions/{id_}/pause"

    asked = await desk.see(path)

    assert "Void them" in asked.text
    assert "pause all of it" not in asked.text
    assert "Its status stays as it is, and its periods go on." in asked.text


async def test_a_pause_of_all_of_it_has_no_day(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/pause"

    answer = await desk.send(path, path, invoices="none", until="2026-02-15")

    assert answer.status_code == 422
    assert "leave the day empty" in answer.text
    assert not (await desk.billing.subscription(id_)).is_paused


async def test_a_pause_ends_by_itself_on_its_day(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}"

    answer = await desk.send(f"{path}/pause", f"{path}/pause", invoices="void", until="2026-02-15")

    seen = await desk.see(path_of(answer))
    assert "Collection is paused until 15 February 2026" in seen.text
    until = datetime(2026, 2, 15, tzinfo=UTC)
    assert (await desk.billing.subscription(id_)).collection_resumes_at == until
    await desk.advance(days=50)
    assert not (await desk.billing.subscription(id_)).is_paused


@pytest.mark.parametrize("day", ["2025-12-31", "2026-01-01", "soon", "31.12.2026"])
@pytest.mark.parametrize("deed", ["pause", "trial", "cancel"])
async def test_a_day_that_makes_no_sense_is_asked_for_again(
    desk: Desk, deed: str, day: str
) -> None:
    id_ = await desk.subscribed(trial=timedelta(days=14))
    path = f"/admin/subscriptions/{id_}/{deed}"

    if deed == "cancel":
        answer = await desk.answer(f"{path}?when=at&on={day}")
    else:
        form = {"until": day, "invoices": "void"}
        answer = await desk.send(path, path, **form)

    assert answer.status_code == 422
    assert "Choose a day" in answer.text
    assert read(answer.text).faults == []
    subscription = await desk.billing.subscription(id_)
    assert (subscription.is_paused, subscription.is_ending) == (False, False)


async def test_a_trial_ends_on_another_day_or_now(desk: Desk) -> None:
    id_ = await desk.subscribed(trial=timedelta(days=14))
    path = f"/admin/subscriptions/{id_}"

    asked = await desk.see(f"{path}/trial")
    moved = await desk.send(f"{path}/trial", f"{path}/trial", until="2026-01-25")
    seen = await desk.see(path_of(moved))
    first = await newest(desk, id_)
    ended = await desk.send(f"{path}/trial", f"{path}/trial/end")
    await desk.settle()

    assert "It is free until 15 January 2026." in asked.text
    assert "Nothing is charged now, and nothing before that day." in asked.text
    assert "is charged to Visa ending in 4242" in asked.text
    assert "It is on trial until 25 January 2026" in seen.text
    assert first == ("subscription.trial_end_changed", f"operator:{OPERATOR}")
    assert "The trial is over" in (await desk.see(path_of(ended))).text
    assert (await desk.billing.subscription(id_)).status == "active"
    assert f"{path}/trial" not in (await desk.see(path)).links
    types = [entry.type for entry in (await desk.billing.timeline_for(id_)).items]
    assert "subscription.activated" in types
    assert "It is not on trial." in (await desk.see(f"{path}/trial")).text


async def test_a_trial_without_a_card_is_said_to_fail_when_it_ends(desk: Desk) -> None:
    id_ = await desk.subscribed(trial=timedelta(days=14), payment_method=None)

    path = f"/admin/subscriptions/{id_}/trial"
    asked = await desk.see(path)
    ended = await desk.send(path, f"{path}/end")

    assert "no payment method is on file: the charge will fail" in asked.text
    assert "the first period is not paid" in (await desk.see(path_of(ended))).text


async def test_a_subscription_is_canceled_on_a_day(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/cancel"

    empty = await desk.answer(f"{path}?when=at")
    sooner = await desk.see(f"{path}?when=at&on=2026-01-20")
    later = await desk.see(f"{path}?when=at&on=2026-03-10")
    answer = await desk.send(f"{path}?when=at&on=2026-03-10", path)

    assert not [
        form
        for form in read(empty.text).forms
        if form.action == path and form.fields.get("operation_id")
    ]
    assert "It grants export, reports until 20 January 2026, and ends then." in sooner.text
    assert "$20.00 was paid for the time until 1 February 2026. Nothing of it is refunded." in (
        sooner.text
    )
    assert "It renews before that, on 1 February 2026 for the first time." in later.text
    assert "the last period is billed in full" in later.text
    assert "It will end on that day." in (await desk.see(path_of(answer))).text
    moment = datetime(2026, 3, 10, tzinfo=UTC)
    assert (await desk.billing.subscription(id_)).ends_at == moment
    assert await newest(desk, id_) == (
        "subscription.cancellation_scheduled",
        f"operator:{OPERATOR}",
    )


@pytest.mark.parametrize(
    ("deed", "fields"), [("pause", {"invoices": "void"}), ("trial", {"until": "2026-01-25"})]
)
async def test_what_is_sent_twice_is_done_once(
    desk: Desk, deed: str, fields: dict[str, str]
) -> None:
    id_ = await desk.subscribed(trial=timedelta(days=14))
    path = f"/admin/subscriptions/{id_}/{deed}"
    form = {**fields_of_form((await desk.answer(path)).text, path), **fields}

    first = await desk.operator.post(path, data=form)
    again = await desk.operator.post(path, data=form)

    assert path_of(first) == path_of(again)
    types = [entry.type for entry in (await desk.billing.timeline_for(id_)).items]
    done = {"pause": "subscription.collection_paused", "trial": "subscription.trial_end_changed"}
    assert types.count(done[deed]) == 1


async def test_a_pause_that_came_too_late_says_so(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/pause"
    form = fields_of_form((await desk.answer(path)).text, path)
    await desk.billing.pause(id_, invoices="void")

    answer = await desk.operator.post(path, data={**form, "invoices": "keep_as_draft"})

    assert answer.status_code == 409
    assert "It is paused already." in (await desk.see(path)).text
    assert (await desk.billing.subscription(id_)).collection_paused == "void"


async def test_an_unknown_way_to_pause_is_refused(desk: Desk) -> None:
    id_ = await desk.subscribed()
    path = f"/admin/subscriptions/{id_}/pause"

    answer = await desk.send(path, path, invoices="else")

    assert answer.status_code == 400
    assert not (await desk.billing.subscription(id_)).is_paused
    assert await desk.billing.entitled(BIRCH, "reports")
