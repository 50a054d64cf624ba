"""What every processor promises about the webhooks it lets in."""

# ruff: noqa: S101
from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from accrue_core.contracts.processor import Processor
from accrue_core.errors import SignatureInvalid, WebhookUnreadable
from accrue_core.testing.contracts.bench import Bench

LONG_AGO = timedelta(hours=1)


@pytest.mark.anyio
class WebhookContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``.

    ``verify`` does no I/O: these tests need no account, and a forged request costs nothing.
    """

    async def test_a_signed_webhook_says_where_to_look(
        self, processor: Processor, bench: Bench
    ) -> None:
        body, headers = self._signed(bench)

        event = processor.verify(body, headers, now=bench.now())

        assert event.ref
        assert event.type
        assert (event.noun, event.object_ref) == ("subscription", "sub_contract_1")
        assert not event.is_deletion

    async def test_the_same_bytes_are_the_same_event(
        self, processor: Processor, bench: Bench
    ) -> None:
        body, headers = self._signed(bench)

        first = processor.verify(body, headers, now=bench.now())
        again = processor.verify(body, headers, now=bench.now())

        assert first == again

    async def test_changed_bytes_are_refused(self, processor: Processor, bench: Bench) -> None:
        body, headers = self._signed(bench)
        for place in range(0, len(body), 7):
            changed = bytearray(body)
            changed[place] ^= 1
            with pytest.raises(SignatureInvalid):
                processor.verify(bytes(changed), headers, now=bench.now())

    async def test_added_bytes_are_refused(self, processor: Processor, bench: Bench) -> None:
        body, headers = self._signed(bench)

        for changed in (body + b" ", b" " + body, body[:-1], b""):
            with pytest.raises(SignatureInvalid):
                processor.verify(changed, headers, now=bench.now())

    async def test_an_unsigned_webhook_is_refused(self, processor: Processor, bench: Bench) -> None:
        body, headers = self._signed(bench)

        for empty in ({}, dict.fromkeys(headers, ""), dict.fromkeys(headers, "nonsense")):
            with pytest.raises(SignatureInvalid):
                processor.verify(body, empty, now=bench.now())

    @pytest.mark.parametrize("late", [LONG_AGO, -LONG_AGO], ids=["stale", "future"])
    async def test_a_webhook_of_another_time_is_refused(
        self, processor: Processor, bench: Bench, late: timedelta
    ) -> None:
        body, headers = self._signed(bench)

        with pytest.raises(SignatureInvalid):
            processor.verify(body, headers, now=bench.now() + late)

    @pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"{}", b'{"id":1}', b"\xff\xfe"])
    async def test_signed_nonsense_is_unreadable(
        self, processor: Processor, bench: Bench, body: bytes
    ) -> None:
        assert bench.sign is not None
        headers = bench.sign(body, bench.now())

        with pytest.raises(WebhookUnreadable):
            processor.verify(body, headers, now=bench.now())

    def _signed(self, bench: Bench) -> tuple[bytes, Mapping[str, str]]:
        assert bench.event_body is not None
        assert bench.sign is not None
        body = bench.event_body("subscription", "sub_contract_1")
        headers = bench.sign(body, bench.now())
        assert all(name == name.lower() for name in headers)
        return body, headers
