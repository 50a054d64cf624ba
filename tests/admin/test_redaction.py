"""Of a webhook's body nothing personal or secret is shown, whatever a processor puts into it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_admin.redact import DETAILS, MASK, PEOPLE, REFS, WORDS, masked, redacted
from tests.admin.desk import Desk

PERSONAL = [
    "Ines Moreau", "ines.moreau@birch.example", "+49 151 23456789", "12 Elm Street", "192.0.2.17",
    "2001:db8::17", "https://pay.example/session/abc", "pi_1_secret_xyz", "seti_1_secret_abc",
    "sk_live_51abc", "whsec_abcdef", "rk_test_abc", "4242 4242 4242 4242", "SW1A 1AA",
    "Größe Straße", "DE89370400440532013000", "1980-05-17 was a Saturday", "ines moreau",
    "MOREAU", "a\nb\u202ec",
]  # fmt: skip
"""Text that no processor uses as a ref or a word, so it is masked under every key."""

known_keys = st.sampled_from(sorted(WORDS | REFS | PEOPLE | DETAILS | {"created", "data", "email"}))
keys = known_keys | st.text(max_size=12) | st.sampled_from(PERSONAL)
leaves = (
    st.sampled_from(PERSONAL)
    | st.none()
    | st.booleans()
    | st.integers(min_value=-(10**9), max_value=10**9)
    | st.sampled_from(["sub_1Nabc", "active", "customer.subscription.updated", "usd"])
)
bodies = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)


EVENT: dict[str, Any] = {
    "id": "evt_1NabcDEF",
    "object": "event",
    "api_version": "2026-10-28.endive",
    "created": 1775293200,
    "livemode": False,
    "type": "invoice.payment_failed",
    "request": {"id": "req_abc", "idempotency_key": "ann-smith"},
    "data": {
        "object": {
            "id": "in_1Nabc",
            "object": "invoice",
            "amount_due": 2000,
            "attempt_count": 2,
            "customer": "cus_9s6XKz",
            "customer_email": "ines.moreau@birch.example",
            "customer_name": "Ines Moreau",
            "customer_address": {"city": "Leeds"},
            "status": "open",
            "finalized_at": "2026-04-04T09:00:00Z",
            "hosted_invoice_url": "https://pay.example/x",
            "metadata": {"ines moreau": "vip"},
            "lines": {"data": [{"id": "il_1", "description": "for Ines", "amount": 2000}]},
        }
    },
}


@given(bodies)
def test_nothing_personal_is_shown_under_any_key(body: Any) -> None:
    shown = redacted(json.dumps(body).encode())

    assert shown is not None
    for text in PERSONAL:
        assert text not in shown
        assert json.dumps(text, ensure_ascii=False)[1:-1] not in shown


@given(st.dictionaries(st.sampled_from(sorted(PEOPLE)), bodies, min_size=1, max_size=4))
def test_below_people_everything_is_masked(body: dict[str, Any]) -> None:
    shown = masked({"object": "charge", **body})

    for key in body:
        assert shown[key] in (MASK, None, False, 0, "", [], {})


@given(st.text(min_size=1), st.sampled_from(["email", "name", "note", "url", "hosted_invoice_url"]))
def test_text_is_masked_under_every_key_that_nobody_listed(text: str, key: str) -> None:
    assert masked({key: text}) == {key: MASK}


@given(bodies)
def test_what_is_masked_keeps_its_shape(body: Any) -> None:
    shown = masked(body)

    assert type(shown) is type(body) or shown == MASK
    if isinstance(body, list):
        assert len(shown) == len(body)
    assert masked(shown) == shown, "masking twice is masking once"


def test_what_an_operator_needs_is_shown() -> None:
    shown = json.loads(redacted(json.dumps(EVENT).encode()) or "")

    assert shown == {
        **EVENT,
        "request": {"id": "req_abc", "idempotency_key": MASK},
        "data": {
            "object": {
                **EVENT["data"]["object"],
                "customer_email": MASK,
                "customer_name": MASK,
                "customer_address": MASK,
                "hosted_invoice_url": MASK,
                "metadata": MASK,
                "lines": {"data": [{"id": "il_1", "description": MASK, "amount": 2000}]},
            }
        },
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("birthday", "1980-05-17"), ("client_secret", "pi_1_secret_2"), ("id", "pi_1_secret_2"),
        ("last4", 4242), ("exp_year", 2034), ("postal_code", 90210), ("mobile", 4915123456789),
        ("mobile", 4915123456789.0), ("status", "Called Ines"), ("reason", "she moved away"),
        ("customer", "Ines"), ("id", "ines@birch.example"), ("type", "a" * 61),
    ],
)  # fmt: skip
def test_these_are_masked(key: str, value: object) -> None:
    assert masked({key: value}) == {key: MASK}


@pytest.mark.parametrize(
    "body", [b"", b"<xml/>", b"{", b"\xff\xfe", b"[" * 100_000, b"[" * 60 + b"]" * 60, b"9" * 5_000]
)
def test_what_is_no_json_is_not_shown_at_all(body: bytes) -> None:
    assert redacted(body) is None


def test_a_long_body_is_cut() -> None:
    shown = redacted(json.dumps(list(range(100_000))).encode())

    assert shown is not None
    assert len(shown.splitlines()) == 1_501
    assert shown.endswith("lines more")


async def test_the_page_of_a_webhook_shows_no_more(desk: Desk) -> None:
    await desk.subscribed()
    delivery = (await desk.billing.webhook_deliveries(limit=1)).items[0]
    body = json.dumps({"id": "evt_1", "data": {"email": "ines.moreau@birch.example"}})
    await desk.meddle(
        "UPDATE accrue_webhook_deliveries SET body = "
        + (f"'{body}'::bytea" if "postgres" in desk.accrue.settings.database_url else
           f"CAST('{body}' AS BLOB)")
    )  # fmt: skip

    answer = await desk.answer(f"/admin/webhooks/{delivery.id}")

    assert "evt_1" in answer.text
    assert "ines.moreau" not in answer.text
