"""Whose signature is believed: the SDK's verdict on everything that was tampered with, and ours."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accrue_braintree import webhooks
from accrue_core.errors import SignatureInvalid
from tests.braintree.notifications import NOW, digest, form, notification, signed
from tests.braintree.wire import SETTINGS, braintree, sdk_gateway

PRIVATE = SETTINGS.private_key.reveal()
PAYLOADS = [
    "",
    "\n",
    "QUJD",
    "QUJD\n",
    "QUJD\nREVG\n",
    "not base64",
    "QUJD=",
    "é",
    "QUJD\r\n",
    "A B",
]


def is_accepted(signature: str, payload: str) -> bool:
    try:
        webhooks.check_signature(payload, signature, SETTINGS)
    except SignatureInvalid:
        return False
    return True


def is_accepted_by_the_sdk(signature: str, payload: str) -> bool:
    """Whether the SDK gets past the signature: it then fails on content that is no notification."""
    try:
        sdk_gateway().webhook_notification.parse(signature, payload)
    except braintree.exceptions.InvalidSignatureError:
        return False
    except UnicodeEncodeError:
        return False  # The payload was not even ASCII.
    except ValueError as error:
        # A pair of three parts is a traceback in the SDK; content that is not base64 is not.
        return "unpack" not in str(error)
    except Exception:
        return True
    return True


@st.composite
def tampered(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a payload and a signature that may have been tampered with."""
    payload = draw(st.sampled_from(PAYLOADS) | st.text("ABab09+/=\n", max_size=12))
    over = draw(st.sampled_from([payload, payload, f"{payload}\n", payload.rstrip("\n"), "other"]))
    pairs = draw(
        st.lists(
            st.builds(
                lambda key, private: f"{key}|{digest(over.encode(), private)}",
                st.sampled_from(
                    [SETTINGS.public_key, SETTINGS.public_key, "public2", "", "PUBLIC1"]
                ),
                st.sampled_from([PRIVATE, PRIVATE, PRIVATE, "private2"]),
            )
            | st.sampled_from(["", "|", "public1", "public1|", "public1||", "a|b|c", "x=y"]),
            max_size=3,
        )
    )
    signature = "&".join(pairs)
    if draw(st.booleans()) and signature:
        place = draw(st.integers(0, len(signature) - 1))
        letter = draw(st.sampled_from(list("|&0aAZé ")))
        signature = signature[:place] + letter + signature[place + 1 :]
    return signature, payload


@given(tampered())
@example((f"public1|{digest(b'QUJD', PRIVATE)}", "QUJD"))
@example((f"public1|{digest(b'QUJD', PRIVATE).upper()}", "QUJD"))
@example((f"public1|{'0' * 40}&public1|{digest(b'QUJD', PRIVATE)}", "QUJD"))
@example((f"public1|{digest(b'QUJD', PRIVATE)}&public1|{'0' * 40}", "QUJD"))
@example((f"a|b|c&public1|{digest(b'QUJD', PRIVATE)}", "QUJD"))
@example((f"public1|{digest(b'', PRIVATE)}", ""))
def test_we_accept_what_the_sdk_accepts_and_refuse_what_it_refuses(case: tuple[str, str]) -> None:
    assert is_accepted(*case) == is_accepted_by_the_sdk(*case)


def test_our_pair_is_found_among_those_of_the_gateway() -> None:
    payload = "QUJD\n"
    ours = f"public1|{digest(payload.encode(), PRIVATE)}"
    theirs = f"public2|{digest(payload.encode(), 'private2')}"
    for signature in (ours, f"{theirs}&{ours}", f"{ours}&{theirs}"):
        assert is_accepted(signature, payload)
    assert not is_accepted(theirs, payload)


def test_another_key_s_digest_under_our_name_is_refused() -> None:
    assert not is_accepted(f"public1|{digest(b'QUJD', 'private2')}", "QUJD")


def test_any_changed_byte_of_a_notification_is_refused() -> None:
    body = signed(notification())
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises(SignatureInvalid):
            webhooks.verify(bytes(changed), {}, SETTINGS, now=NOW)


GOOD = signed(notification())
SIGNATURE, PAYLOAD = GOOD.split(b"&")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SIGNATURE,
        PAYLOAD,
        SIGNATURE + b"&bt_payload=",
        b"bt_signature=&" + PAYLOAD,
        SIGNATURE + b"&" + GOOD,
        GOOD + b"&" + PAYLOAD,
        GOOD + b"&bt_payload=QQ",
        GOOD + b"&bt_signature=",
        GOOD + b"&stray",
        GOOD + b"&" + b"&".join(b"f%d=1" % i for i in range(20)),
        GOOD.replace(b"bt_payload", b"BT_PAYLOAD"),
        GOOD.replace(b"%0A", b"+"),
        GOOD + b"\xff",
        GOOD + b"%ff",
        b" " + GOOD,
        GOOD + b" ",
        GOOD + b"%00",
        GOOD[:-1],
    ],
)
def test_a_form_with_fields_missing_doubled_or_damaged_is_refused(body: bytes) -> None:
    assert webhooks.verify(GOOD, {}, SETTINGS, now=NOW).object_ref == "sub_pro"
    with pytest.raises(SignatureInvalid):
        webhooks.verify(body, {}, SETTINGS, now=NOW)


def test_a_field_that_somebody_added_is_ignored() -> None:
    added = b"utm=1&" + GOOD + b"&more="
    assert webhooks.verify(added, {}, SETTINGS, now=NOW).object_ref == "sub_pro"


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    for tried in (body, GOOD + body, body + GOOD, form("public1|x", body)):
        try:
            assert webhooks.verify(tried, {}, SETTINGS, now=NOW).object_ref == "sub_pro"
        except SignatureInvalid:
            continue


def test_a_refusal_repeats_nothing_of_the_keys() -> None:
    for body in (GOOD[:-4], b"", form("public1|" + "0" * 40, "QUJD")):
        with pytest.raises(SignatureInvalid) as refused:
            webhooks.verify(body, {}, SETTINGS, now=NOW)
        assert PRIVATE not in str(refused.value)
        assert digest(b"QUJD", PRIVATE) not in str(refused.value)
