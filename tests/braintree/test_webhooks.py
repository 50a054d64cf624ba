"""Notifications: what each kind points at, when one is believed, and what is none."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_braintree import webhooks
from accrue_braintree.settings import BraintreeSettings
from accrue_core.contracts.events import ProcessorEvent
from accrue_core.errors import SignatureInvalid, WebhookUnreadable
from tests.braintree.notifications import NOW, form, notification, sample, signed
from tests.braintree.wire import SETTINGS, braintree, dict_from_xml, sdk_gateway

KINDS = sorted(
    kind
    for name, kind in vars(braintree.WebhookNotification.Kind).items()
    if not name.startswith("_")
)
OF_SUBSCRIPTIONS = [kind for kind in KINDS if kind.startswith("subscription_")]
OF_VAULTED_PAYMENT_METHODS = {
    "payment_method_customer_data_updated": "TOKEN-12345",
    "payment_method_revoked_by_customer": "thing_1",
}
LARGEST_BODY = 1_048_576


def verify(
    body: bytes, settings: BraintreeSettings = SETTINGS, *, now: datetime = NOW
) -> ProcessorEvent:
    return webhooks.verify(body, {}, settings, now=now)


def of(kind: str, subject: str, *, more: str = "") -> ProcessorEvent:
    return verify(signed(notification(kind, subject, more=more)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_the_sdk_signs_is_accepted_and_read_as_the_sdk_reads_it(kind: str) -> None:
    fields = sample(kind, "thing_1")
    theirs = sdk_gateway().webhook_notification.parse(*fields.values())
    sent = theirs.timestamp.replace(tzinfo=UTC)

    event = verify(form(*fields.values()), now=sent)

    assert (event.type, event.created_at) == (theirs.kind, sent)
    assert (event.is_deletion, event.livemode) == (False, False)
    if kind in OF_SUBSCRIPTIONS:
        assert (event.noun, event.object_ref) == ("subscription", theirs.subscription.id)
    elif kind in OF_VAULTED_PAYMENT_METHODS:
        assert event.noun == "payment_method"
        assert event.object_ref == OF_VAULTED_PAYMENT_METHODS[kind]
    else:
        assert (event.noun, event.object_ref) == (None, None)


def test_these_are_all_kinds_there_are() -> None:
    assert len(KINDS) == 41
    assert len(OF_SUBSCRIPTIONS) == 8


@pytest.mark.parametrize(
    ("kind", "is_told"),
    [
        ("transaction_settled", True),
        ("transaction_settlement_declined", True),
        ("transaction_retried", True),
        ("transaction_disbursed", False),
        ("refund_failed", False),
    ],
)
def test_a_charge_of_a_subscription_leads_to_the_subscription(kind: str, is_told: bool) -> None:
    transaction = "<transaction><id>charge1</id>{}</transaction>"
    named = of(kind, transaction.format("<subscription-id>sub_pro</subscription-id>"))
    assert (named.noun, named.object_ref) == (
        ("subscription", "sub_pro") if is_told else (None, None)
    )
    for nothing in ("", '<subscription-id nil="true"/>', "<subscription-id></subscription-id>"):
        assert of(kind, transaction.format(nothing)).noun is None


def test_a_kind_of_the_future_is_accepted_and_concerns_nothing() -> None:
    event = of("planet_aligned", "<planet><id>venus</id></planet>")
    assert (event.type, event.noun, event.object_ref) == ("planet_aligned", None, None)


def test_a_subscription_kind_of_the_future_leads_to_the_subscription() -> None:
    event = of("subscription_went_sideways", "<subscription><id>s-1_A</id></subscription>")
    assert (event.noun, event.object_ref) == ("subscription", "s-1_A")


def test_a_subject_wrapped_into_an_error_is_still_the_subject() -> None:
    wrapped = "<api-error-response><subscription><id>s1</id></subscription></api-error-response>"
    assert of("subscription_canceled", wrapped).object_ref == "s1"


def test_what_happens_to_a_connected_merchant_concerns_nothing_of_ours() -> None:
    source = "<source-merchant-id>{}</source-merchant-id>"
    subject = "<subscription><id>s1</id></subscription>"
    theirs = of("subscription_canceled", subject, more=source.format("somebody_else"))
    ours = of("subscription_canceled", subject, more=source.format(SETTINGS.merchant_id))
    assert theirs.noun is None
    assert ours.object_ref == "s1"


def test_the_environment_says_whether_money_moves() -> None:
    production = replace(SETTINGS, environment="production")
    assert verify(signed(notification()), production).livemode


def test_the_same_content_is_the_same_event_and_other_content_another() -> None:
    first = verify(signed(notification()))
    without_break = signed(notification()).removesuffix(b"%0A")
    another = verify(signed(notification(at=NOW + timedelta(seconds=1))))

    assert verify(signed(notification())) == first
    assert verify(without_break) == first
    assert another.ref != first.ref
    assert len(first.ref) <= 255


@pytest.mark.parametrize(
    ("age", "is_believed"),
    [
        (timedelta(hours=24), True),
        (timedelta(days=3), True),
        (timedelta(days=3, seconds=1), False),
        (timedelta(days=365), False),
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5, seconds=1), False),
    ],
)
def test_a_notification_is_believed_for_three_days_and_never_early(
    age: timedelta, is_believed: bool
) -> None:
    body = signed(notification(at=NOW - age))
    if is_believed:
        assert verify(body).created_at == NOW - age
        return
    with pytest.raises(SignatureInvalid, match="seconds"):
        verify(body)


def test_a_moment_with_an_offset_is_the_same_moment() -> None:
    event = verify(signed(notification(at="2027-01-15T09:00:00+01:00")))
    assert event.created_at == NOW


@pytest.mark.parametrize(
    "content",
    [
        "",
        "   ",
        "not xml",
        "<notification>",
        "<notification/>",
        "<subscription><id>s1</id></subscription>",
        notification(subject=""),
        notification(subject="just text"),
        notification(subject="<transaction><id>t1</id></transaction>"),
        notification(subject="<subscription/>"),
        notification(subject="<subscription><id/></subscription>"),
        notification(subject="<subscription><id>../customers</id></subscription>"),
        notification(subject=f"<subscription><id>{'s' * 256}</id></subscription>"),
        notification(subject="<subscription><id>1</id><id>2</id></subscription>"),
        notification("payment_method_revoked_by_customer", "<paypal-account/>"),
        notification("payment_method_revoked_by_customer", ""),
        notification("planet_aligned", ""),
        notification("transaction_settled", "<subscription><id>s1</id></subscription>"),
        notification(kind=""),
        notification(kind="Subscription Canceled"),
        notification(kind="x" * 121),
        notification(at=""),
        notification(at="2027-01-15"),
        notification(at="2027-01-15T08:00:00"),
        notification(at="2027-13-15T08:00:00Z"),
        notification(at="0001-01-01T00:00:00+14:00"),
        notification(at="9" * 5000),
        notification().replace("<subject>", "<subject/><subject>"),
        notification().replace("kind>", "species>"),
        "<?xml version='1.0' encoding='UTF-16'?>\xff" + notification(),
        "<!DOCTYPE notification>" + notification(),
        "<!DOCTYPE notification SYSTEM 'file:///etc/passwd'>" + notification(),
        "<!DOCTYPE n [<!ENTITY a 'sub_pro'>]>" + notification(subject="<a>&a;</a>"),
        notification(subject="<subscription><id>&unknown;</id></subscription>"),
        notification("planet_aligned", "<a>" * 40 + "</a>" * 40),
        notification("planet_aligned", "<a>" * 50_000 + "</a>" * 50_000),
        notification("planet_aligned", "<a/>" * 50_000),
    ],
)
def test_a_signed_body_that_is_no_notification_is_unreadable(content: str) -> None:
    with pytest.raises(WebhookUnreadable, match=r"^signed, but ") as refused:
        verify(signed(content))
    assert "sub_pro" not in str(refused.value)


def test_an_entity_bomb_goes_off_nowhere() -> None:
    entities = "".join(f"<!ENTITY e{i} '{f'&e{i - 1};' * 10}'>" for i in range(1, 30))
    bomb = f"<!DOCTYPE n [<!ENTITY e0 'boom'>{entities}]><notification>&e29;</notification>"
    with pytest.raises(WebhookUnreadable, match="document type"):
        verify(signed(bomb))


def test_a_signed_payload_that_is_not_utf_8_is_unreadable() -> None:
    latin = b"<?xml version='1.0' encoding='iso-8859-1'?>"
    content = notification("planet_aligned", "<planet>venus</planet>").encode()
    assert verify(signed(latin + content)).type == "planet_aligned"
    for declared in (b"", latin):
        with pytest.raises(WebhookUnreadable):
            verify(signed(declared + content.replace(b"venus", b"\xff\xfe")))


def test_a_document_that_declares_its_encoding_is_read_as_utf_8() -> None:
    declared = f'\n <?xml version="1.0" encoding="UTF-8"?>\n{notification()}'
    assert verify(signed(declared)).object_ref == "sub_pro"


@pytest.mark.parametrize(
    "body",
    [
        b"x" * LARGEST_BODY,
        b"&" * LARGEST_BODY,
        b"%" * LARGEST_BODY,
        b"a=b&" * (LARGEST_BODY // 4),
        b"bt_signature=" + b"%7C" * (LARGEST_BODY // 3),
        b"bt_signature=" + b"public1%7Ca%26" * 50_000 + b"&bt_payload=QQ",
        b"bt_signature=public1%7C" + b"a" * 40 + b"&bt_payload=" + b"A" * LARGEST_BODY,
        b'{"bt_signature": "public1|a", "bt_payload": "QQ=="}',
    ],
)
def test_a_huge_or_strange_body_is_refused(body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify(body)


XMLISH = st.text(st.sampled_from(list("<>/&;!?'\" abk01-_:")), max_size=60)


@given(st.one_of(XMLISH, XMLISH.map(lambda text: notification(subject=text)), st.text(max_size=30)))
def test_whatever_was_signed_is_an_event_or_unreadable(content: str) -> None:
    try:
        event = verify(signed(content.encode("utf-8", "surrogatepass")))
    except WebhookUnreadable:
        return
    theirs = dict_from_xml(content)["notification"]
    assert event.type == theirs["kind"]


@given(ref=st.from_regex(r"[A-Za-z0-9_-]{1,36}", fullmatch=True), kind=st.sampled_from(KINDS))
def test_any_ref_is_read_as_the_sdk_reads_it(ref: str, kind: str) -> None:
    fields = sample(kind, ref)
    theirs = sdk_gateway().webhook_notification.parse(*fields.values())
    event = verify(form(*fields.values()), now=theirs.timestamp.replace(tzinfo=UTC))
    if kind in OF_SUBSCRIPTIONS:
        assert event.object_ref == theirs.subscription.id == ref


def test_a_notification_is_verified_without_the_sdk() -> None:
    program = f"""
import sys
from datetime import datetime
import accrue_braintree.plugin
heavy = ("braintree", "requests", "urllib3", "httpx", "litestar")
assert not [name for name in heavy if name in sys.modules]
from accrue_core.settings import Secret
from accrue_braintree.processor import BraintreeProcessor
from accrue_braintree.settings import BraintreeSettings
processor = BraintreeProcessor(
    BraintreeSettings(merchant_id="merchant1", public_key="public1", private_key=Secret("private1"))
)
now = datetime.fromisoformat({NOW.isoformat()!r})
event = processor.verify({signed(notification())!r}, {{}}, now=now)
assert event.object_ref == "sub_pro", event
loaded = [name for name in heavy if name in sys.modules]
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
