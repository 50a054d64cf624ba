"""What the objects say about what happened, beyond having the right shape."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_fake import Engine
from accrue_fake.wire.stripe.shapes.render import included, render
from accrue_stripe.translate.actions import next_action
from tests.fake.shop import START, Shop
from tests.wire.shapes.history import AUTHENTICATES, DECLINED, FAILS_LATER
from tests.wire.shapes.rendered import Json


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock_up()
    return shop


def subscription(shop: Shop, ref: str) -> Json:
    return render(shop.engine, "subscription", ref)


def newest(shop: Shop, subscription_ref: str) -> Json:
    return invoice(shop, shop.invoices(subscription_ref)[-1].ref)


def invoice(shop: Shop, ref: str) -> Json:
    """Return an invoice with what our plugin asks for to know what is to be done."""
    engine = shop.engine
    shown = render(engine, "invoice", ref)
    for key in ("payments", "confirmation_secret"):
        shown[key] = included(engine, "invoice", ref, key)
    for payment in shown["payments"]["data"]:
        means = payment["payment"]
        means["payment_intent"] = render(engine, "payment_intent", means["payment_intent"])
    return shown


def intent_of(shown: Json) -> Json:
    intent: Json = shown["payments"]["data"][0]["payment"]["payment_intent"]
    return intent


class TestPayments:
    def test_a_bank_that_waits_is_told_with_the_secret_that_the_engine_gives(
        self, shop: Shop
    ) -> None:
        ref = shop.subscribed(AUTHENTICATES)
        shown = newest(shop, ref)
        ours = shop.engine.subscriptions.fetch(ref).next_action
        theirs = next_action(shown, is_first=True)

        assert intent_of(shown)["status"] == "requires_action"
        assert intent_of(shown)["next_action"]["type"] == "use_stripe_sdk"
        assert ours is not None
        assert theirs is not None
        assert (theirs.kind, theirs.client_secret) == (ours.kind, ours.client_secret)

    def test_a_declined_card_is_told_with_its_reason_and_is_not_kept(self, shop: Shop) -> None:
        intent = intent_of(newest(shop, shop.subscribed(DECLINED)))

        assert intent["status"] == "requires_payment_method"
        assert intent["last_payment_error"]["code"] == "card_declined"
        assert intent["payment_method"] is None

    def test_a_check_that_was_failed_is_told_as_such(self, shop: Shop) -> None:
        ref = shop.subscribed(AUTHENTICATES)
        shop.engine.fail_authentication(ref)
        error = intent_of(newest(shop, ref))["last_payment_error"]

        assert error["code"] == "payment_intent_authentication_failure"

    def test_what_was_paid_was_received_from_a_card(self, shop: Shop) -> None:
        intent = intent_of(newest(shop, shop.subscribed(quantity=2)))

        assert intent["status"] == "succeeded"
        assert intent["amount"] == intent["amount_received"] == 3800
        assert intent["payment_method"].startswith("pm_fake_")
        assert intent["last_payment_error"] is None

    def test_a_free_invoice_has_no_payment(self, shop: Shop) -> None:
        shown = newest(shop, shop.subscribed(price="price_free"))

        assert shown["status"] == "paid"
        assert shown["payments"]["data"] == []
        assert shown["confirmation_secret"] is None


class TestSubscriptions:
    def test_a_change_that_waits_is_told_with_what_it_makes_of_the_items(self, shop: Shop) -> None:
        ref = shop.subscribed(AUTHENTICATES)
        shop.engine.authenticate(ref)
        shop.swap(ref, "price_pro", 3)
        shown = subscription(shop, ref)
        (now,), (then,) = shown["items"]["data"], shown["pending_update"]["subscription_items"]

        assert (now["price"]["id"], now["quantity"]) == ("price_monthly", 1)
        assert (then["price"]["id"], then["quantity"]) == ("price_pro", 3)
        assert shown["pending_update"]["expires_at"] == seconds(START + timedelta(hours=23))

    def test_one_that_nobody_pays_for_ends_for_that_reason(self, shop: Shop) -> None:
        unpaid, quit_ = shop.subscribed(FAILS_LATER), shop.subscribed()
        shop.cancel(quit_, "now")
        shop.pass_days(60)

        reasons = [
            subscription(shop, ref)["cancellation_details"]["reason"] for ref in (unpaid, quit_)
        ]
        assert reasons == ["payment_failed", "cancellation_requested"]
        assert subscription(shop, shop.subscribed())["cancellation_details"]["reason"] is None

    def test_a_pause_of_collection_keeps_the_status(self, shop: Shop) -> None:
        ref, until = shop.subscribed(), START + timedelta(days=40)
        shop.pause(ref, "void", until)
        shown = subscription(shop, ref)

        assert shown["status"] == "active"
        assert shown["pause_collection"] == {"behavior": "void", "resumes_at": seconds(until)}

    def test_a_trial_without_a_card_says_what_becomes_of_it_and_why_it_is_paused(
        self, shop: Shop
    ) -> None:
        ref = shop.subscribed(None, trial_days=3, trial_without_card="pause")
        behavior = subscription(shop, ref)["trial_settings"]["end_behavior"]
        shop.pass_days(4)
        shown = subscription(shop, ref)

        assert behavior["missing_payment_method"] == "pause"
        assert shown["status"] == "paused"
        assert shown["status_details"]["paused"]["subscription"]["type"] == (
            "trial_end_without_payment_method"
        )

    def test_items_of_several_intervals_have_periods_of_their_own(self, shop: Shop) -> None:
        ref = shop.subscribed(price="price_yearly")
        item = subscription(shop, ref)["items"]["data"][0]

        assert item["plan"]["interval"] == item["price"]["recurring"]["interval"] == "year"
        assert item["current_period_end"] - item["current_period_start"] == 365 * 86_400


def seconds(moment: Any) -> int:
    return int(moment.timestamp())


def test_rendering_changes_nothing() -> None:
    engine = Engine()
    shop = Shop(engine)
    ref = shop.subscribed()
    before = engine.dump()
    for kind, one in (("subscription", ref), ("invoice", shop.invoices(ref)[0].ref)):
        render(engine, kind, one)["metadata"]["changed"] = "yes"

    assert engine.dump() == before
