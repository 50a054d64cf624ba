"""Nothing gets in that the secret did not sign recently."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.errors import SignatureInvalid
from accrue_core.settings import Secret
from accrue_fake import Engine, FakeProcessor
from accrue_fake.engine.signing import HEADER, check, sign
from tests.fake.shop import START, Shop

SECRET = Secret("whsec_property")
OFFSETS = st.integers(-(10**8), 10**8)


def signed_event() -> tuple[FakeProcessor, bytes, dict[str, str]]:
    shop = Shop(Engine(webhook_secret=SECRET))
    shop.customer()
    (webhook,) = shop.engine.emitter.take()
    return FakeProcessor(shop.engine), webhook.body, webhook.headers


PROCESSOR, BODY, HEADERS = signed_event()


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(place: int, mask: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= mask

    with pytest.raises(SignatureInvalid):
        PROCESSOR.verify(bytes(changed), HEADERS, now=START)


@given(st.integers(0, len(HEADERS[HEADER]) - 1), st.characters(codec="utf-8"))
def test_any_changed_letter_of_the_signature_is_refused(place: int, letter: str) -> None:
    value = HEADERS[HEADER]
    changed = value[:place] + letter + value[place + 1 :]
    if changed == value:
        return

    with pytest.raises(SignatureInvalid):
        PROCESSOR.verify(BODY, {HEADER: changed}, now=START)


@given(OFFSETS)
def test_only_recent_ones_are_let_in(seconds: int) -> None:
    now = START + timedelta(seconds=seconds)
    if abs(seconds) <= 300:
        assert PROCESSOR.verify(BODY, HEADERS, now=now).type == "customer.created"
        return

    with pytest.raises(SignatureInvalid):
        PROCESSOR.verify(BODY, HEADERS, now=now)


@given(st.text(max_size=200))
def test_no_text_is_a_signature(value: str) -> None:
    with pytest.raises(SignatureInvalid):
        PROCESSOR.verify(BODY, {HEADER: value}, now=START)


@given(st.binary(max_size=100), st.text(min_size=1, max_size=40))
def test_what_one_secret_signs_no_other_accepts(body: bytes, text: str) -> None:
    header = sign(body, secret=SECRET, now=START)
    check(body, header, secret=SECRET, now=START)

    if text != SECRET.reveal():
        with pytest.raises(SignatureInvalid):
            check(body, header, secret=Secret(text), now=START)


def test_one_good_signature_among_several_is_enough() -> None:
    value = HEADERS[HEADER]
    first = value.replace("v1=", f"v1={'0' * 64},v1=")

    assert PROCESSOR.verify(BODY, {HEADER: first}, now=START).ref == "evt_fake_00001"
    with pytest.raises(SignatureInvalid):
        PROCESSOR.verify(BODY, {HEADER: f"t=1,{value}"}, now=START)


def test_a_processor_gives_its_engine_the_secret() -> None:
    shop = Shop()
    processor = FakeProcessor(shop.engine, webhook_secret=Secret("whsec_other"))
    shop.customer()

    (webhook,) = shop.engine.emitter.take()

    assert processor.verify(webhook.body, webhook.headers, now=START).noun == "customer"


def test_a_deletion_says_so() -> None:
    shop = Shop()
    shop.engine.customers.delete(shop.customer())

    webhook = shop.engine.emitter.take()[-1]

    event = FakeProcessor(shop.engine).verify(webhook.body, webhook.headers, now=START)
    assert (event.type, event.is_deletion) == ("customer.deleted", True)
