"""A real connection that breaks under a command, at each place where it can break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.errors import ProcessorUnavailable
from accrue_core.owners import Owner
from accrue_stripe.processor import StripeProcessor
from tests.stripe.asking import SETTINGS, bench_of, furnished
from tests.stripe.stand_in import served

Break = Literal["before it is done", "before an answer", "in the answer", "stalled in the answer"]


async def cut(
    how: Break, upstream: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Carry one request as far as it is to come, and break the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    if how != "before it is done":
        host, _, port = upstream.rpartition("/")[2].partition(":")
        answers, asks = await asyncio.open_connection(host, int(port))
        asks.write(head.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + body)
        answer = await answers.read()
        asks.close()
        if how != "before an answer":
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
        if how == "stalled in the answer":
            await reader.read()
    writer.transport.abort()


@asynccontextmanager
async def breaking(how: Break, upstream: str) -> AsyncIterator[str]:
    """Return the origin of a line that breaks like this, every time."""
    cuts: list[asyncio.Task[None]] = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cuts.append(asyncio.ensure_future(cut(how, upstream, reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*cuts)


@pytest.mark.parametrize(
    "how", ["before it is done", "before an answer", "in the answer", "stalled in the answer"]
)
async def test_its_outcome_is_unknown_and_asked_again_it_is_one_effect(how: Break) -> None:
    account = furnished()
    bench = bench_of(account)
    request, key = CreateCustomer(owner=Owner("team", "42")), bench.key()
    with served(account) as origin:
        async with breaking(how, origin) as broken:
            processor = StripeProcessor(replace(SETTINGS, api_base=broken, request_timeout=1.0))
            with pytest.raises(ProcessorUnavailable):
                await processor.customers.create(request, key=key)
            await processor.close()
        done = len(account.done)

        processor = StripeProcessor(replace(SETTINGS, api_base=origin, request_timeout=10.0))
        answer = await processor.customers.create(request, key=key)
        await processor.close()

    assert done == (0 if how == "before it is done" else 1)
    assert answer.main.owner == request.owner
    assert len(account.books.all("customer")) == 1
    assert account.complaints == []
