"""Webhooks: whose signature is believed, and what an event points at."""

from __future__ import annotations

import hmac
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from hypothesis import example, given
from hypothesis import strategies as st

from accrue_core.contracts.events import TRIAL_ENDING, ProcessorEvent
from accrue_core.errors import SignatureInvalid, WebhookUnreadable
from accrue_core.settings import Secret
from accrue_stripe import webhooks
from accrue_stripe.settings import StripeSettings
from tests.stripe import invoice_objects, objects
from tests.stripe.send_event import event, signed

NOW = 1_800_000_000
SECRETS = ("whsec_current", "whsec_previous")
SETTINGS = StripeSettings(
    api_key=Secret("sk_test_1"), webhook_secrets=tuple(Secret(secret) for secret in SECRETS)
)
DISCOUNT = {"object": "discount", "id": "di_1", "subscription": "sub_Pro"}
SCHEDULE = {"object": "subscription_schedule", "id": "sub_sched_1"}
OLD_SUBSCRIPTION = objects.subscription() | {
    "current_period_start": objects.JANUARY,
    "current_period_end": objects.FEBRUARY,
    "plan": {"id": "plan_1", "object": "plan"},
    "discount": None,
}
OLD_INVOICE = {
    key: value for key, value in invoice_objects.invoice().items() if key != "parent"
} | {"subscription": "sub_Pro", "charge": "ch_1", "payment_intent": "pi_1", "paid": False}
OLD_ITEM = {"object": "invoiceitem", "id": "ii_1", "invoice": "in_First", "subscription": "sub_Pro"}
"""Things as endpoints of an API version before 2025-03-31.basil are told of them."""
SESSION = {"object": "checkout.session", "id": "cs_test_1"}
ITEM = {"object": "invoiceitem", "invoice": "in_1"}
CANONICAL = re.compile(r"(?:0|[1-9][0-9]{0,11})")


def verify(body: bytes, header: str, *, now: float = NOW) -> ProcessorEvent:
    return webhooks.verify(
        body, {"stripe-signature": header}, SETTINGS, now=datetime.fromtimestamp(now, UTC)
    )


def read(body: Any, *, secret: str = SECRETS[0]) -> ProcessorEvent:
    text = body if isinstance(body, str) else json.dumps(body)
    return verify(text.encode(), signed(text, secret, at=NOW)["stripe-signature"])


def of(type_: str, about: objects.Json, **changes: object) -> ProcessorEvent:
    return read(event(type_, about, ref="evt_1", created=NOW) | changes)


def thin(type_: str, related: objects.Json | None, **changes: object) -> ProcessorEvent:
    return read(
        {
            "id": "evt_test_65",
            "object": "v2.core.event",
            "type": type_,
            "created": "2027-01-15T08:00:00.000Z",
            "livemode": False,
            "context": None,
            "related_object": related,
            "snapshot_event": "evt_1",
        }
        | changes
    )


def is_accepted(body: bytes, header: str, now: int) -> bool:
    try:
        webhooks.check_signature(
            body,
            header,
            SETTINGS.webhook_secrets,
            tolerance=300,
            now=datetime.fromtimestamp(now, UTC),
        )
    except SignatureInvalid:
        return False
    return True


def is_accepted_by_the_sdk(body: bytes, header: str, now: int) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: now)
        for secret in SECRETS:
            try:
                stripe.WebhookSignature.verify_header(body, header, secret, tolerance=300)
            except (stripe.SignatureVerificationError, TypeError):
                continue
            return True
    return False


def is_as_stripe_writes_it(header: str) -> bool:
    timestamps = [item[2:] for item in header.split(",") if item.startswith("t=")]
    return len(timestamps) == 1 and CANONICAL.fullmatch(timestamps[0]) is not None


@st.composite
def mangled(draw: st.DrawFn) -> tuple[str, str, int]:
    """Draw a payload, a header for it that may have been tampered with, and our time."""
    body = draw(st.text(max_size=40))
    at = draw(st.integers(NOW - 1000, NOW + 1000) | st.integers(0, 10**9))
    secrets = draw(st.lists(st.sampled_from([*SECRETS, "whsec_other"]), max_size=3))
    headers = [stripe.WebhookSignature.generate_signature_header(body, s, at) for s in secrets]
    items = [f"t={at}", *(header.split(",")[1] for header in headers)]
    items += draw(
        st.lists(
            st.sampled_from(["v0=" + "a" * 64, "v1=", "v1", "t", "x=y=z", "", "v1=é", "t=1", " "])
            | st.text("tv01=, _+²a9", max_size=6),
            max_size=2,
        )
    )
    header = ",".join(draw(st.permutations(items)))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(header)))
        header = header[:place] + draw(st.text(max_size=2)) + header[place + 1 :]
    return draw(st.sampled_from([body, body, body, body + "x"])), header, NOW


@given(mangled())
@example(("{}", "t= 1800000000,v1=" + "0" * 64, NOW))
def test_we_accept_what_the_sdk_accepts_but_no_future_and_no_strange_header(
    case: tuple[str, str, int],
) -> None:
    body, header, now = case[0].encode(), case[1], case[2]
    sdk = is_accepted_by_the_sdk(body, header, now)
    if not is_as_stripe_writes_it(header):
        assert not is_accepted(body, header, now)
        return
    at = int(next(item[2:] for item in header.split(",") if item.startswith("t=")))
    assert is_accepted(body, header, now) == (sdk and at <= now + 300)


@given(st.binary(max_size=60), st.integers(NOW - 400, NOW + 400))
def test_any_bytes_are_read_as_signed_and_never_as_anything_else(body: bytes, at: int) -> None:
    text = body.decode("latin-1")
    header = signed(text, SECRETS[1], at=at)["stripe-signature"]
    assert is_accepted(text.encode(), header, NOW) == (abs(NOW - at) <= 300)
    with pytest.raises((SignatureInvalid, WebhookUnreadable)):
        verify(body, header)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_the_tolerance_reaches_as_far_back_as_forward(seconds: int) -> None:
    header = signed("{}", SECRETS[0], at=NOW + seconds)["stripe-signature"]
    assert is_accepted(b"{}", header, NOW)
    assert not is_accepted(b"{}", header, NOW - (1 if seconds > 0 else -1))


@pytest.mark.parametrize(
    "header",
    [
        "t={at},t={at},v1={good}",
        "t={at},v1={good},t=1",
        "t= {at},v1={good}",
        "t=+{at},v1={good}",
        "t=0{at},v1={good}",
        "t={at},v0={good}",
        "t={at},V1={good}",
        "t={at},v1= {good}",
        "t={at},v1={good}=",
        "v1={good}",
        "t={at}",
    ],
)
def test_a_header_that_stripe_would_not_write_is_refused(header: str) -> None:
    good = signed("{}", SECRETS[0], at=NOW)["stripe-signature"].split("v1=")[1]
    assert is_accepted(b"{}", f"t={NOW},v1={good},v0=x,v1=y", NOW)
    assert not is_accepted(b"{}", header.format(at=NOW, good=good), NOW)


@pytest.mark.parametrize("secret", SECRETS)
def test_both_secrets_are_good_while_one_is_being_rolled(secret: str) -> None:
    about = event("customer.updated", objects.customer(), ref="evt_1", created=NOW)
    assert read(about, secret=secret).object_ref == "cus_TeamFortyTwo"


def test_an_unsigned_body_is_refused() -> None:
    for headers in ({}, {"stripe-signature": ""}, {"Stripe-Signature": "t=1,v1=aa"}):
        with pytest.raises(SignatureInvalid):
            webhooks.verify(b"{}", headers, SETTINGS, now=datetime.fromtimestamp(NOW, UTC))


@pytest.mark.parametrize(
    ("type_", "about", "noun", "ref", "is_deletion"),
    [
        ("customer.updated", objects.customer(), "customer", "cus_TeamFortyTwo", False),
        ("customer.deleted", objects.customer(), "customer", "cus_TeamFortyTwo", True),
        ("payment_method.detached", objects.card(), "payment_method", "pm_Visa4242", False),
        ("customer.subscription.updated", objects.subscription(), "subscription", "sub_Pro", False),
        ("customer.subscription.deleted", objects.subscription(), "subscription", "sub_Pro", False),
        ("invoice.paid", invoice_objects.invoice(), "invoice", "in_First", False),
        ("invoice.deleted", invoice_objects.invoice(), "invoice", "in_First", True),
        ("invoice.upcoming", invoice_objects.invoice() | {"id": None}, None, None, False),
        ("invoice_payment.paid", invoice_objects.invoice_payment(), "invoice", "in_First", False),
        ("invoiceitem.created", {"object": "invoiceitem", "invoice": None}, None, None, False),
        ("invoiceitem.created", ITEM, "invoice", "in_1", False),
        ("customer.source.created", {"object": "card", "id": "card_1"}, None, None, False),
        ("customer.discount.created", {"object": "discount", "id": "di_1"}, None, None, False),
        ("customer.discount.deleted", DISCOUNT, "subscription", "sub_Pro", False),
        ("setup_intent.succeeded", {"object": "setup_intent", "id": "seti_1"}, None, None, False),
        ("payment_intent.succeeded", {"object": "payment_intent", "id": "pi"}, None, None, False),
        ("charge.failed", {"object": "charge", "id": "ch_1", "invoice": 7}, None, None, False),
        ("balance.available", {"object": "balance"}, None, None, False),
        ("checkout.session.completed", SESSION, "checkout_session", "cs_test_1", False),
        ("checkout.session.expired", SESSION, "checkout_session", "cs_test_1", False),
        ("subscription_schedule.updated", SCHEDULE, "schedule", "sub_sched_1", False),
        ("subscription_schedule.canceled", SCHEDULE, "schedule", "sub_sched_1", False),
        ("checkout.session.of.the.future", {"object": "x", "id": "x_1"}, None, None, False),
        ("invoice.line.of.the.future", {"object": "line_item", "id": "il"}, None, None, False),
    ],
)  # fmt: skip
def test_an_event_points_at_what_it_concerns(
    type_: str, about: objects.Json, noun: str | None, ref: str | None, is_deletion: bool
) -> None:
    found = of(type_, about)
    assert (found.noun, found.object_ref, found.is_deletion) == (noun, ref, is_deletion)
    assert (found.ref, found.type, found.livemode) == ("evt_1", type_, False)
    assert found.created_at == datetime.fromtimestamp(NOW, UTC)


@pytest.mark.parametrize(
    ("type_", "about", "noun", "ref"),
    [
        ("customer.subscription.updated", OLD_SUBSCRIPTION, "subscription", "sub_Pro"),
        ("invoice.payment_failed", OLD_INVOICE, "invoice", "in_First"),
        ("invoiceitem.created", OLD_ITEM, "invoice", "in_First"),
    ],
)
def test_an_event_from_an_endpoint_of_before_basil_leads_to_a_fetch(
    type_: str, about: objects.Json, noun: str, ref: str
) -> None:
    found = of(type_, about, api_version="2020-08-27")
    assert (found.noun, found.object_ref) == (noun, ref)


def test_the_end_of_a_trial_is_announced_before_it_comes() -> None:
    type_ = "customer.subscription.trial_will_end"
    related = {"type": "subscription", "id": "sub_Pro", "url": "/v1/subscriptions/sub_Pro"}
    assert of(type_, objects.subscription()).announces == TRIAL_ENDING
    assert thin(f"v1.{type_}", related).announces == TRIAL_ENDING
    assert of(type_, objects.subscription(), account="acct_1").announces is None
    assert of("customer.subscription.updated", objects.subscription()).announces is None


def test_an_expanded_invoice_still_names_itself() -> None:
    payment = invoice_objects.invoice_payment() | {"invoice": invoice_objects.invoice()}
    assert of("invoice_payment.paid", payment).object_ref == "in_First"


def test_events_of_another_account_point_nowhere() -> None:
    related = {"type": "customer", "id": "cus_1", "url": ""}
    assert of("customer.updated", objects.customer(), account="acct_other").noun is None
    assert thin("v1.customer.updated", related, context="acct_other").noun is None


def test_a_live_event_is_refused_by_a_test_account() -> None:
    with pytest.raises(WebhookUnreadable, match="live event"):
        of("customer.updated", objects.customer(), livemode=True)


WHOLE = json.dumps(event("invoice.paid", invoice_objects.invoice(), ref="evt_1", created=NOW))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        '"event"',
        "{}",
        '{"object": "event"}',
        '{"object": 7}',
        '{"object": "list", "data": []}',
        WHOLE[:-1],
        WHOLE.replace("evt_1", ""),
        WHOLE.replace(f'"created": {NOW}', '"created": "soon"'),
        WHOLE.replace(f'"created": {NOW}', '"created": -1'),
        WHOLE.replace(f'"created": {NOW}', '"created": ' + "9" * 5000),
        WHOLE.replace(f'"created": {NOW}', '"created": 1e400'),
        WHOLE.replace('"livemode": false', '"livemode": "false"'),
        WHOLE.replace('"id": "in_First"', '"id": null'),
        WHOLE.replace('"id": "in_First"', '"id": ["in_First"]'),
        WHOLE.replace('"object": "invoice"', '"object": "charge"'),
        WHOLE.replace('"object": "invoice"', '"thing": "invoice"'),
        WHOLE.replace('"data": {"object"', '"data": {"subject"'),
        '{"object": "event", "more": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"object": "event", "more": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}",
        '{"object": "v2.core.event", "id": "e", "type": "t", "created": "2027-01-15T08:00:00"}',
    ],
)
def test_a_signed_body_that_is_no_event_is_unreadable(body: str) -> None:
    with pytest.raises(WebhookUnreadable):
        read(body)


def test_a_signed_body_that_is_not_utf_8_is_unreadable() -> None:
    body = WHOLE.encode().replace(b"in_First", b"in_\xff\xfe")
    digest = hmac.new(SECRETS[0].encode(), b"%d.%b" % (NOW, body), "sha256").hexdigest()
    with pytest.raises(WebhookUnreadable):
        verify(body, f"t={NOW},v1={digest}")


def test_a_refusal_repeats_nothing_of_the_body() -> None:
    with pytest.raises(WebhookUnreadable) as refused:
        read(WHOLE.replace('"livemode": false', '"livemode": "billing@team42.example"'))
    assert "@" not in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(key=st.sampled_from(["id", "type", "created", "livemode", "data", "account"]), value=JSON)
def test_no_value_anywhere_raises_anything_else(key: str, value: object) -> None:
    whole = json.loads(WHOLE)
    for target in (whole, whole["data"]["object"]):
        kept = target.get(key)
        target[key] = value
        try:
            assert read(whole).livemode is False
        except WebhookUnreadable:
            continue
        finally:
            target[key] = kept


def test_a_webhook_is_verified_without_the_sdk() -> None:
    body = WHOLE
    header = signed(body, SECRETS[0], at=NOW)["stripe-signature"]
    program = f"""
import sys
from datetime import UTC, datetime
import accrue_stripe.plugin
loaded = [name for name in ("stripe", "httpx", "msgspec", "litestar") if name in sys.modules]
assert not loaded, loaded
from accrue_core.settings import Secret
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
processor = StripeProcessor(
    StripeSettings(api_key=Secret("sk_test_1"), webhook_secrets=(Secret({SECRETS[0]!r}),))
)
now = datetime.fromtimestamp({NOW}, UTC)
event = processor.verify({body.encode()!r}, {{"stripe-signature": {header!r}}}, now=now)
assert event.object_ref == "in_First", event
loaded = [name for name in ("stripe", "httpx", "requests", "litestar") if name in sys.modules]
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_window_moves_with_our_time_only() -> None:
    header = signed(WHOLE, SECRETS[0], at=NOW)["stripe-signature"]
    for seconds in (-301, 301):
        with pytest.raises(SignatureInvalid):
            verify(WHOLE.encode(), header, now=NOW + timedelta(seconds=seconds).total_seconds())
