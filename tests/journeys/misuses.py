"""Every wrong use of a verb: the call, the error that it raises, and a word of what that says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from accrue_core import Billing, Phase
from accrue_core.billing.catalog import Price
from accrue_core.errors import AccrueError, InvalidRequest, NotFound, UnknownChoice, UnknownPlan
from tests.stage import CANCEL_URL, SUCCESS_URL, TEAM

Call = Callable[[Billing, str], Any]

NEVER = datetime(2025, 1, 1, tzinfo=UTC)
NAIVE = datetime(2027, 1, 1)  # noqa: DTZ001
LATER = datetime(2026, 1, 20, tzinfo=UTC)
UNKNOWN_SCHEDULE = "asch_01h455vb4pex5vsknk084sn02q"
UNKNOWN_ID = "asub_01h455vb4pex5vsknk084sn02q"

SUBSCRIBE: dict[str, tuple[Call, type[AccrueError], str]] = {
    "no such plan": (lambda b, _: b.subscribe(TEAM, "gold"), UnknownPlan, "free, pro"),
    "a plan without a price": (lambda b, _: b.subscribe(TEAM, "free"), UnknownPlan, "no price"),
    "no plan at all": (lambda b, _: b.subscribe(TEAM, None), InvalidRequest, "Price"),
    "no such processor": (
        lambda b, _: b.subscribe(TEAM, "pro", processor="paypal"), UnknownChoice, "installed: fake",
    ),
    "no seats": (lambda b, _: b.subscribe(TEAM, "pro", quantity=0), InvalidRequest, "quantity"),
    "half a seat": (lambda b, _: b.subscribe(TEAM, "pro", quantity=0.5), InvalidRequest, "whole"),
    "true seats": (lambda b, _: b.subscribe(TEAM, "pro", quantity=True), InvalidRequest, "whole"),
    "half a day of trial": (
        lambda b, _: b.subscribe(TEAM, "pro", trial=timedelta(hours=12)), InvalidRequest, "days",
    ),
    "a trial of nothing": (
        lambda b, _: b.subscribe(TEAM, "pro", trial=timedelta(0)), InvalidRequest, "1 to 730",
    ),
    "a trial of days as a number": (
        lambda b, _: b.subscribe(TEAM, "pro", trial=14), InvalidRequest, r"timedelta\(days=14\)",
    ),
    "a trial that is over": (
        lambda b, _: b.subscribe(TEAM, "pro", trial=NEVER), InvalidRequest, "future",
    ),
    "a trial without a timezone": (
        lambda b, _: b.subscribe(TEAM, "pro", trial=NAIVE), InvalidRequest, "timezone",
    ),
    "collected by carrier pigeon": (
        lambda b, _: b.subscribe(TEAM, "pro", collect="pigeon"), InvalidRequest, "'invoice'",
    ),
    "due days without an invoice": (
        lambda b, _: b.subscribe(TEAM, "pro", days_until_due=7), InvalidRequest, "collect=",
    ),
    "due at once": (
        lambda b, _: b.subscribe(TEAM, "pro", collect="invoice", days_until_due=0),
        InvalidRequest, "1 to 730",
    ),
    "metadata of numbers": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={"seats": 5}), InvalidRequest, "text",
    ),
    "metadata with brackets": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={"a[b]": "c"}), InvalidRequest, "brackets",
    ),
    "metadata with a long key": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={"k" * 41: "v"}), InvalidRequest, "40",
    ),
    "metadata with a long value": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={"k": "v" * 501}), InvalidRequest, "500",
    ),
    "too much metadata": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={f"k{n}": "v" for n in range(41)}),
        InvalidRequest, "40 keys",
    ),
    "metadata that is Accrue's": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={"accrue_operation": "x"}),
        InvalidRequest, "Accrue's own",
    ),
}  # fmt: skip

OTHERS: dict[str, tuple[Call, type[AccrueError], str]] = {
    "no payment method": (lambda b, _: b.add_payment_method(TEAM, ""), InvalidRequest, "ref"),
    "a card's number": (lambda b, _: b.add_payment_method(TEAM, 4242), InvalidRequest, "ref"),
    "cancel nothing": (lambda b, _: b.cancel(UNKNOWN_ID), NotFound, UNKNOWN_ID),
    "cancel an invoice": (lambda b, _: b.cancel("ainv_1"), NotFound, "subscription"),
    "cancel a ref": (lambda b, _: b.cancel("sub_fake_00001"), NotFound, "subscription"),
    "cancel None": (lambda b, _: b.cancel(None), NotFound, "None"),
    "cancel soon": (lambda b, s: b.cancel(s, when="soon"), InvalidRequest, "period_end"),
    "cancel in the past": (lambda b, s: b.cancel(s, when=NEVER), InvalidRequest, "say 'now'"),
    "cancel at a naive moment": (lambda b, s: b.cancel(s, when=NAIVE), InvalidRequest, "timezone"),
    "cancel with an empty id": (
        lambda b, s: b.cancel(s, operation_id=""), InvalidRequest, "1 to 255",
    ),
    "cancel with a long id": (
        lambda b, s: b.cancel(s, operation_id="x" * 256), InvalidRequest, "1 to 255",
    ),
    "keep nothing": (lambda b, _: b.keep(UNKNOWN_ID), NotFound, UNKNOWN_ID),
    "check out to a stranger": (
        lambda b, _: b.create_checkout_session(
            TEAM, "pro", success_url="https://evil.test/", cancel_url=CANCEL_URL
        ),
        InvalidRequest, "allowed_origins",
    ),
    "come back to a stranger": (
        lambda b, _: b.create_checkout_session(
            TEAM, "pro", success_url=SUCCESS_URL, cancel_url="/plans"
        ),
        InvalidRequest, "cancel_url is a whole address",
    ),
    "check out the free plan": (
        lambda b, _: b.create_checkout_session(
            TEAM, "free", success_url=SUCCESS_URL, cancel_url=CANCEL_URL
        ),
        UnknownPlan, "no price",
    ),
    "check out no seats": (
        lambda b, _: b.create_checkout_session(
            TEAM, "pro", quantity=0, success_url=SUCCESS_URL, cancel_url=CANCEL_URL
        ),
        InvalidRequest, "quantity",
    ),
    "check out under an empty id": (
        lambda b, _: b.create_checkout_session(
            TEAM, "pro", success_url=SUCCESS_URL, cancel_url=CANCEL_URL, operation_id=""
        ),
        InvalidRequest, "1 to 255",
    ),
    "reconcile nothing": (lambda b, _: b.reconcile_checkout(TEAM, ""), InvalidRequest, "session"),
    "reconcile a number": (lambda b, _: b.reconcile_checkout(TEAM, 7), InvalidRequest, "session"),
    "reconcile an unknown id": (
        lambda b, _: b.reconcile_checkout(TEAM, "achk_01h455vb4pex5vsknk084sn02q"),
        NotFound, "achk_01h455",
    ),
    "a portal that leads away": (
        lambda b, _: b.create_billing_portal_session(TEAM, return_url="https://evil.test/"),
        InvalidRequest, "return_url leads to https://evil.test",
    ),
    "a portal on no such thing": (
        lambda b, _: b.create_billing_portal_session(TEAM, return_url=CANCEL_URL, flow="refund"),
        InvalidRequest, "payment_method_update",
    ),
    "a portal on an end of nothing": (
        lambda b, _: b.create_billing_portal_session(
            TEAM, return_url=CANCEL_URL, flow="subscription_cancel"
        ),
        InvalidRequest, "subscription_id goes with",
    ),
    "a portal on somebody's subscription": (
        lambda b, _: b.create_billing_portal_session(
            TEAM, return_url=CANCEL_URL, flow="subscription_cancel", subscription_id=UNKNOWN_ID
        ),
        NotFound, UNKNOWN_ID,
    ),
    "update nothing of a customer": (lambda b, _: b.update_customer(TEAM), InvalidRequest, "name"),
    "a language nobody writes": (
        lambda b, _: b.update_customer(TEAM, locale="deutsch!"), InvalidRequest, "language tag",
    ),
    "a timezone of no place": (
        lambda b, _: b.update_customer(TEAM, timezone="CEST"), InvalidRequest, "IANA",
    ),
    "fields of Accrue's own": (
        lambda b, _: b.update_customer(TEAM, metadata={"accrue_owner_id": "1"}),
        InvalidRequest, "Accrue's own",
    ),
    "nested fields": (
        lambda b, _: b.update_customer(TEAM, metadata={"a": {"b": "c"}}), InvalidRequest, "text",
    ),
    "a country in words": (
        lambda b, _: b.update_tax_location(TEAM, country="Germany"), InvalidRequest, "3166",
    ),
    "a street without end": (
        lambda b, _: b.update_tax_location(TEAM, country="DE", line1="x" * 201),
        InvalidRequest, "line1",
    ),
    "move nobody": (
        lambda b, _: b.move_customer("acus_01h455vb4pex5vsknk084sn02q", TEAM), NotFound, "acus_01",
    ),
    "move a subscription": (lambda b, s: b.move_customer(s, TEAM), NotFound, "customer"),
    "comp no such plan": (lambda b, _: b.comp(TEAM, "gold"), UnknownPlan, "free, pro"),
    "comp by a coupon": (
        lambda b, _: b.subscribe(TEAM, "pro", coupon="accrue_comp"), InvalidRequest, "call comp",
    ),
    "a plan twice": (
        lambda b, _: b.subscribe(TEAM, "pro", also={"pro": 2}), InvalidRequest, "add up",
    ),
    "more plans than fit": (
        lambda b, _: b.subscribe(TEAM, "pro", also={Price(f"p{n}"): 1 for n in range(20)}),
        InvalidRequest, "at most 20",
    ),
    "plans in a list": (
        lambda b, _: b.subscribe(TEAM, "pro", also=["basic"]), InvalidRequest, "maps",
    ),
    "an anchor behind us": (
        lambda b, _: b.subscribe(TEAM, "pro", anchor=NEVER), InvalidRequest, "future",
    ),
    "an anchor without a timezone": (
        lambda b, _: b.subscribe(TEAM, "pro", anchor=NAIVE), InvalidRequest, "timezone",
    ),
    "an anchor and a trial": (
        lambda b, _: b.subscribe(TEAM, "pro", anchor=NEVER, trial=timedelta(days=3)),
        InvalidRequest, "drop the anchor",
    ),
    "backdated to tomorrow": (
        lambda b, _: b.subscribe(TEAM, "pro", backdated_to=LATER), InvalidRequest, "past",
    ),
    "a part charged at once": (
        lambda b, _: b.subscribe(TEAM, "pro", anchor=LATER, proration="always_invoice"),
        InvalidRequest, "'none'",
    ),
    "the end of no trial": (
        lambda b, _: b.subscribe(TEAM, "pro", trial_without_card="cancel"),
        InvalidRequest, "goes with a trial",
    ),
    "a trial that ends oddly": (
        lambda b, _: b.subscribe(TEAM, "pro", trial=timedelta(days=3), trial_without_card="x"),
        InvalidRequest, "'pause'",
    ),
    "pause oddly": (
        lambda b, s: b.pause(s, invoices="some"), InvalidRequest, "'none'",
    ),
    "pause all of it until a day": (
        lambda b, s: b.pause(s, invoices="none", until=LATER), InvalidRequest, "call resume",
    ),
    "cancel later and invoice now": (
        lambda b, s: b.cancel(s, invoice_now=True), InvalidRequest, "when='now'",
    ),
    "cancel for no reason we know": (
        lambda b, s: b.cancel(s, reason="bored"), InvalidRequest, "too_expensive",
    ),
    "preview nothing": (
        lambda b, s: b.preview_change(s, proration="none"), InvalidRequest, "preview one change",
    ),
    "preview two changes": (
        lambda b, s: b.preview_change(s, "basic", add="pro", proration="none"),
        InvalidRequest, "preview one change",
    ),
    "schedule no phase": (
        lambda b, _: b.subscribe_via_schedule(TEAM, []), InvalidRequest, "1 to 10 phases",
    ),
    "schedule a plan": (
        lambda b, _: b.subscribe_via_schedule(TEAM, ["pro"]), InvalidRequest, r"Phase\(plan",
    ),
    "a phase without end": (
        lambda b, _: b.subscribe_via_schedule(TEAM, [Phase(plan="pro")]), InvalidRequest, "until",
    ),
    "a phase with two ends": (
        lambda b, _: b.subscribe_via_schedule(TEAM, [Phase(plan="pro", until=LATER, periods=1)]),
        InvalidRequest, "one of it",
    ),
    "a phase of no periods": (
        lambda b, _: b.subscribe_via_schedule(TEAM, [Phase(plan="pro", periods=0)]),
        InvalidRequest, "from 1",
    ),
    "phases in the wrong order": (
        lambda b, _: b.subscribe_via_schedule(
            TEAM, [Phase(plan="pro", until=LATER), Phase(plan="basic", until=LATER)]
        ),
        InvalidRequest, "after the one before",
    ),
    "a schedule from yesterday": (
        lambda b, _: b.subscribe_via_schedule(
            TEAM, [Phase(plan="pro", periods=1)], starts_at=NEVER
        ),
        InvalidRequest, "future",
    ),
    "a schedule that ends oddly": (
        lambda b, _: b.subscribe_via_schedule(
            TEAM, [Phase(plan="pro", periods=1)], end_behavior="none"
        ),
        InvalidRequest, "'release'",
    ),
    "update no schedule": (
        lambda b, _: b.update_schedule(UNKNOWN_SCHEDULE, [Phase(plan="pro", until=LATER)]),
        NotFound, "asch_01",
    ),
    "release no schedule": (
        lambda b, _: b.release_schedule(UNKNOWN_SCHEDULE), NotFound, "asch_01",
    ),
    "cancel a subscription as a schedule": (
        lambda b, s: b.cancel_schedule(s), NotFound, "schedule",
    ),
    "read no schedule": (lambda b, _: b.schedule("sub_sched_1"), NotFound, "sub_sched_1"),
    "read nothing": (lambda b, _: b.subscription(UNKNOWN_ID), NotFound, UNKNOWN_ID),
    "read a ref": (lambda b, _: b.subscription("sub_fake_00001"), NotFound, "sub_fake"),
    "no such invoice": (lambda b, _: b.invoice("in_1"), NotFound, "invoice"),
    "no invoices": (lambda b, _: b.invoices(TEAM, limit=0), InvalidRequest, "1 and 500"),
    "all invoices": (lambda b, _: b.invoices(TEAM, limit=501), InvalidRequest, "1 and 500"),
    "a strange cursor": (lambda b, _: b.invoices(TEAM, before="x"), AccrueError, "x"),
    "no such feature": (lambda b, _: b.entitled(TEAM, "report"), InvalidRequest, "export, notes"),
    "ask for no such plan": (
        lambda b, _: b.has_active_plan(TEAM, "gold"), UnknownPlan, "free, pro",
    ),
    "timeline of nothing": (lambda b, _: b.timeline_for("x"), NotFound, "x"),
    "endless timeline": (lambda b, _: b.timeline_for(TEAM, limit=501), InvalidRequest, "500"),
    "no such word": (
        lambda b, _: b.webhook_deliveries(status="lost"), InvalidRequest, "waiting, running",
    ),
    "replay nothing": (lambda b, _: b.replay_webhook("awhd_1"), NotFound, "delivery"),
    "catch up with tomorrow": (
        lambda b, _: b.catch_up(since=b.clock.now() + timedelta(days=1)), InvalidRequest, "past",
    ),
    "catch up without a timezone": (
        lambda b, _: b.catch_up(since=b.clock.now().replace(tzinfo=None)),
        InvalidRequest, "timezone",
    ),
    "replay a word": (lambda b, _: b.replay_webhooks(status="x"), InvalidRequest, "dead"),
    "replay too many": (lambda b, _: b.replay_webhooks(limit=0), InvalidRequest, "1 and"),
    "no such outcome": (lambda b, _: b.open_operations(status="x"), InvalidRequest, "settled"),
}  # fmt: skip

CAUGHT_TOO_LATE: dict[str, tuple[Call, type[AccrueError], str]] = {
    "an empty operation id": (
        lambda b, _: b.subscribe(TEAM, "pro", operation_id=""), InvalidRequest, "operation id",
    ),
    "a number as operation id": (
        lambda b, _: b.subscribe(TEAM, "pro", operation_id=7), InvalidRequest, "operation id",
    ),
    "an operation id too long": (
        lambda b, _: b.subscribe(TEAM, "pro", operation_id="x" * 256),
        InvalidRequest, "operation id",
    ),
    "an empty id for a card": (
        lambda b, _: b.add_payment_method(TEAM, "pm_card_visa", operation_id=""),
        InvalidRequest, "operation id",
    ),
    "no payment method": (
        lambda b, _: b.subscribe(TEAM, "pro", payment_method=""), InvalidRequest, "ref",
    ),
    "a card's number": (
        lambda b, _: b.subscribe(TEAM, "pro", payment_method=4242), InvalidRequest, "ref",
    ),
    "a price without a ref": (
        lambda b, _: b.subscribe(TEAM, Price("")), InvalidRequest, "ref",
    ),
    "metadata that is no mapping": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata=["a"]), InvalidRequest, "metadata",
    ),
    "more seats than the database counts": (
        lambda b, _: b.subscribe(TEAM, "pro", quantity=2**31), InvalidRequest, "quantity",
    ),
    "metadata no database takes": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={"a": "\x00"}), InvalidRequest, "metadata",
    ),
    "half a character": (
        lambda b, _: b.subscribe(TEAM, "pro", metadata={"a": "\ud800"}), InvalidRequest, "metadata",
    ),
    "a timeline's strange cursor": (
        lambda b, _: b.timeline_for(TEAM, before="x"), AccrueError, "x",
    ),
    "a negative limit": (lambda b, _: b.recover_operations(limit=-1), InvalidRequest, "limit"),
    "a list without limit": (lambda b, _: b.open_operations(limit=-1), InvalidRequest, "limit"),
    "replay fewer than none": (lambda b, _: b.replay_handlers(limit=-1), InvalidRequest, "limit"),
}  # fmt: skip
