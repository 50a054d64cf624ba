"""An engine in a process of its own: killed, restarted, shared."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.errors import (
    AccrueError,
    CardDeclined,
    ConfigurationError,
    InvalidRequest,
    ProcessorRejected,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
)
from accrue_core.owners import Owner
from accrue_fake import Engine, FakeProcessor, HostedBackend, HostProcess
from accrue_fake.engine.door import Door
from accrue_fake.engine.signing import DEFAULT_SECRET
from accrue_fake.hosting import frames
from accrue_fake.hosting.client import ask
from accrue_fake.hosting.journal import Journal
from accrue_fake.hosting.server import Host
from tests.fake.shop import DAY, MONTHLY, START

pytestmark = pytest.mark.anyio

KEY = Key("the-key", "the-operation")
ADA = CreateCustomer(owner=Owner("team", "ada"), name="Ada")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: the name of a socket may have a hundred characters at most."""
    with tempfile.TemporaryDirectory(prefix="accrue-") as name:
        yield Path(name)


@pytest.fixture
def host(folder: Path) -> Iterator[HostProcess]:
    with HostProcess(folder / "engine", snapshot=folder / "books") as running:
        yield running


def numbered(number: int) -> tuple[CreateCustomer, Key]:
    owner = Owner("team", str(number))
    return CreateCustomer(owner=owner), Key(f"key-{number}", f"operation-{number}")


async def subscribed(processor: FakeProcessor) -> str:
    price = {"ref": "price_monthly", "money": MONTHLY}
    await processor.backend.call("catalogue", "add_price", price)
    customer = (await processor.customers.create(ADA, key=KEY)).main.ref
    card = AttachPaymentMethod(customer=customer, payment_method="pm_card_visa")
    await processor.payment_methods.attach(card, key=replace(KEY, idempotency_key="card"))
    request = CreateSubscription(customer=customer, items=(NewItem(price="price_monthly"),))
    answer = await processor.subscriptions.create(request, key=Key("sub", "sub"))
    return str(answer.main.ref)


async def test_it_is_the_same_engine_after_a_kill(host: HostProcess) -> None:
    processor = FakeProcessor(host.backend())
    ref = await subscribed(processor)
    await processor.backend.call("engine", "advance", {"delta": 31 * DAY})
    second, third = numbered(2), numbered(3)
    remembered = await processor.customers.create(second[0], key=second[1])
    before = await processor.subscriptions.fetch(ref)

    host.kill()
    host.start()

    assert await processor.subscriptions.fetch(ref) == before
    assert host.clock().now() == START + 31 * DAY
    assert await processor.customers.create(second[0], key=second[1]) == remembered
    other = await processor.customers.create(third[0], key=third[1])
    assert other.main.ref == "cus_fake_00003"
    owed = await processor.backend.call("webhooks", "take", {})
    assert len({webhook.event_ref for webhook in owed}) == len(owed) > 8
    await processor.close()


async def test_a_kill_at_any_time_loses_nothing_that_was_answered(host: HostProcess) -> None:
    """Customers are created while the host dies again and again; each exists exactly once."""
    processor = FakeProcessor(host.backend())
    made: dict[int, str] = {}

    async def work(numbers: range) -> None:
        for number in numbers:
            while number not in made:
                try:
                    request, key = numbered(number)
                    answer = await processor.customers.create(request, key=key)
                    made[number] = str(answer.main.ref)
                except (ProcessorUnavailable, ProcessorUnreachable):
                    await asyncio.sleep(0.01)

    async def kill() -> None:
        for _ in range(4):
            await asyncio.sleep(0.15)
            await asyncio.to_thread(host.kill)
            await asyncio.to_thread(host.start)

    await asyncio.gather(kill(), *(work(range(lane, 600, 6)) for lane in range(6)))

    assert len(set(made.values())) == len(made) == 600
    for number, ref in made.items():
        request, key = numbered(number)
        assert (await processor.customers.create(request, key=key)).main.ref == ref
        assert (await processor.customers.fetch(ref)).main.owner == request.owner
    with pytest.raises(RemoteMissing):
        await processor.customers.fetch("cus_fake_00601")
    await processor.close()


async def test_errors_arrive_as_what_they_were(host: HostProcess) -> None:
    processor = FakeProcessor(host.backend())
    customer = (await processor.customers.create(ADA, key=KEY)).main.ref

    with pytest.raises(RemoteMissing) as missing:
        await processor.invoices.fetch("in_fake_00009")
    assert (missing.value.noun, missing.value.ref) == ("invoice", "in_fake_00009")
    assert str(missing.value) == "the processor has no invoice in_fake_00009"

    declined = AttachPaymentMethod(customer=customer, payment_method="pm_card_declinedOnAttach")
    with pytest.raises(CardDeclined, match="card_declined"):
        await processor.payment_methods.attach(declined, key=Key("k", "o"))

    await processor.backend.call("scenarios", "limit_next_call", {"retry_after": 2.5})
    with pytest.raises(RateLimited) as limited:
        await processor.customers.fetch(customer)
    assert limited.value.retry_after == 2.5

    with pytest.raises(ProcessorRejected) as mismatch:
        await processor.customers.create(replace(ADA, name="Eve"), key=KEY)
    assert mismatch.value.reason == "idempotency_mismatch"
    with pytest.raises(InvalidRequest):
        await processor.backend.call("engine", "dump", {})
    await processor.close()


async def test_many_calls_at_once(host: HostProcess) -> None:
    processor = FakeProcessor(host.backend())

    async def create(number: int) -> str:
        request, key = numbered(number)
        return str((await processor.customers.create(request, key=key)).main.ref)

    refs = await asyncio.gather(*(create(number % 50) for number in range(200)))

    assert len(set(refs)) == 50
    await processor.close()


async def test_one_backend_serves_several_loops(host: HostProcess) -> None:
    backend = host.backend()
    await backend.call("clock", "now", {})
    moments = []

    def elsewhere() -> None:
        async def look() -> None:
            moments.append(await backend.call("clock", "now", {}))
            await backend.close()

        asyncio.run(look())

    threads = [threading.Thread(target=elsewhere) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)

    assert moments == [START] * 4
    assert await backend.call("clock", "now", {}) == START
    await backend.close()


async def test_without_a_host_nothing_was_asked(folder: Path) -> None:
    backend = HostedBackend(folder / "nobody")

    with pytest.raises(ProcessorUnreachable):
        await backend.call("clock", "now", {})
    with pytest.raises(ProcessorUnreachable):
        ask(folder / "nobody", "clock", "now", {})


async def test_a_host_that_dies_while_it_is_asked_leaves_a_doubt(folder: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await frames.read_frame(reader)
        writer.close()

    server = await asyncio.start_unix_server(hang_up, folder / "rude")
    backend = HostedBackend(folder / "rude")

    with pytest.raises(ProcessorUnavailable):
        await backend.call("customers", "create", {"request": ADA, "key": KEY})
    with pytest.raises(ProcessorUnavailable):
        await asyncio.to_thread(ask, folder / "rude", "clock", "now", {})
    server.close()
    await server.wait_closed()


async def test_two_hosts_do_not_share_a_socket(host: HostProcess) -> None:
    with pytest.raises(ConfigurationError):
        await Host(Engine()).serve(host.socket_path)


async def test_told_to_end_it_leaves_a_snapshot_and_no_journal(
    host: HostProcess, folder: Path
) -> None:
    processor = FakeProcessor(host.backend())
    ref = await subscribed(processor)
    assert (folder / "books.journal").exists()
    await processor.close()

    host.stop()

    assert not (folder / "books.journal").exists()
    host.start()
    assert (await processor.subscriptions.fetch(ref)).main.ref == ref
    await processor.close()


def test_it_ends_with_its_parent(folder: Path) -> None:
    code = (
        "import sys, time; from accrue_fake import HostProcess;"
        "host = HostProcess(sys.argv[1]); host.start(); print(host.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(folder / "engine")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()

    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not is_running(child)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not collected does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def restored(path: Path) -> tuple[Journal, Engine]:
    journal = Journal(path)
    return journal, journal.restore(Engine, secret=DEFAULT_SECRET)


def test_a_torn_last_line_is_a_call_that_was_never_answered(folder: Path) -> None:
    journal, engine = restored(folder / "books")
    door = Door(engine)
    for number in range(3):
        request, key = numbered(number)
        arguments = {"request": request, "key": key}
        door.call("customers", "create", arguments)
        journal.write("customers", "create", arguments)
    journal.close()
    whole = engine.dump()
    calls = folder / "books.journal"
    calls.write_bytes(calls.read_bytes() + b'[4,"customers","crea')

    _, again = restored(folder / "books")

    assert again.dump() == whole


def test_a_kill_between_snapshot_and_journal_replays_nothing_twice(folder: Path) -> None:
    journal, engine = restored(folder / "books")
    arguments = {"delta": timedelta(days=1)}
    Door(engine).call("engine", "advance", arguments)
    journal.write("engine", "advance", arguments)
    calls = (folder / "books.journal").read_bytes()
    journal.compact(engine)
    (folder / "books.journal").write_bytes(calls)

    _, again = restored(folder / "books")

    assert again.clock.now() == START + DAY


def test_what_is_not_a_snapshot_is_refused(folder: Path) -> None:
    for content in (b"", b"{}", b'{"calls":0}\n{}', b'{"calls":0}\nnonsense', b"nonsense"):
        (folder / "books").write_bytes(content)
        with pytest.raises(ConfigurationError):
            restored(folder / "books")


def test_a_fault_across_the_socket_is_written_down_like_any_call(folder: Path) -> None:
    journal, engine = restored(folder / "books")
    host = Host(engine, journal)
    host.answer(frames.question("scenarios", "lose_next_answer", {"when": "after"})[4:])
    question = frames.question("customers", "create", {"request": ADA, "key": KEY})
    with pytest.raises(ProcessorUnavailable):
        frames.read_answer(host.answer(question[4:])[4:])
    journal.close()

    _, again = restored(folder / "books")

    assert again.dump() == engine.dump()
    assert list(again.books.customers) == ["cus_fake_00001"]


def test_what_the_engine_chokes_on_does_not_come_back_to_haunt_it(folder: Path) -> None:
    journal, engine = restored(folder / "books")
    host = Host(engine, journal)
    for arguments in ({"delta": "soon"}, {"delta": timedelta(days=9_000_000)}):
        answer = host.answer(frames.question("engine", "advance", arguments)[4:])
        with pytest.raises(AccrueError):
            frames.read_answer(answer[4:])
    host.answer(frames.question("engine", "advance", {"delta": DAY})[4:])
    journal.close()

    _, again = restored(folder / "books")

    assert again.clock.now() == START + DAY


def test_nonsense_is_answered_with_a_refusal(folder: Path) -> None:
    host = Host(Engine())
    for body in (b"", b"{}", b'["a"]', b'["os","system",{"c":{"$":"Popen","v":[]}}]'):
        with pytest.raises(InvalidRequest):
            frames.read_answer(host.answer(body)[4:])


def test_the_commands(host: HostProcess) -> None:
    def run(*words: str) -> str:
        environ = {**os.environ, "ACCRUE_FAKE_SOCKET": str(host.socket_path)}
        return subprocess.run(
            [sys.executable, "-m", "accrue_fake", *words],
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert run("advance", "--days", "31") == "it is now 2026-02-01T00:00:00+00:00\n"
    assert run("add-price", "price_pro", "19.00", "usd") == "price_pro costs 19.00 USD a month\n"
    assert host.clock().now() == START + 31 * DAY


def test_it_ends_on_sigterm_by_itself(host: HostProcess) -> None:
    assert host.pid is not None
    os.kill(host.pid, signal.SIGTERM)
    assert host._process is not None
    assert host._process.wait(timeout=10) == 0
