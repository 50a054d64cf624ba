"""Changes across a socket: the same after a kill."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
    PauseSubscription,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.customers import CreateCustomer, UpdateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.money import Money
from accrue_core.owners import Owner
from accrue_fake import FakeProcessor, HostProcess
from tests.fake.shop import DAY, START

pytestmark = pytest.mark.anyio

CUSTOMER = "cus_fake_00001"
AUTHENTICATES = "pm_card_authenticationRequired"


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="accrue-") as name:
        yield Path(name)


@pytest.fixture
def host(folder: Path) -> Iterator[HostProcess]:
    with HostProcess(folder / "engine", snapshot=folder / "books") as running:
        yield running


@pytest.fixture
async def processor(host: HostProcess) -> AsyncIterator[FakeProcessor]:
    """Give a processor with three prices and a customer whose card is good."""
    processor = FakeProcessor(host.backend())
    for name, minor in (("monthly", 1900), ("pro", 4900), ("free", 0)):
        price = {"ref": f"price_{name}", "money": Money(minor, "usd")}
        await processor.backend.call("catalogue", "add_price", price)
    await processor.customers.create(CreateCustomer(owner=Owner("team", "ada")), key=Key("c", "c"))
    await attach(processor, "pm_card_visa")
    yield processor
    await processor.close()


async def attach(processor: FakeProcessor, card: str) -> None:
    request = AttachPaymentMethod(customer=CUSTOMER, payment_method=card)
    await processor.payment_methods.attach(request, key=Key(card, card))


async def subscribed(processor: FakeProcessor, *, trial_days: int | None = None) -> Answer:
    request = CreateSubscription(
        customer=CUSTOMER, items=(NewItem(price="price_monthly"),), trial_days=trial_days
    )
    return await processor.subscriptions.create(request, key=Key("s", "s"))


def for_price(price: str, answer: Answer) -> ChangeSubscription:
    """Ask that the one item of a subscription be for another price."""
    target = ItemTarget(price=price, ref=answer.main.items[0].ref)
    return ChangeSubscription(ref=answer.main.ref, items=(target,), proration="always_invoice")


async def test_changes_come_through_and_survive_a_kill(
    host: HostProcess, processor: FakeProcessor
) -> None:
    """What waits, what is to a customer's credit and what is paused is in the journal, too."""
    begun = await subscribed(processor)
    ref, subscriptions = begun.main.ref, processor.subscriptions
    said = await subscriptions.preview(for_price("price_free", begun))
    freed = await subscriptions.change(for_price("price_free", begun), key=Key("f", "f"))
    assert freed.others[0].total == said.total == Money(-1900, "usd")
    await attach(processor, AUTHENTICATES)
    request, key = for_price("price_pro", begun), Key("p", "p")
    waiting = await subscriptions.change(request, key=key)
    await processor.customers.update(UpdateCustomer(ref=CUSTOMER, name="Eve"), key=Key("u", "u"))
    pause = PauseSubscription(ref=ref, behavior="void", resumes_at=START + 60 * DAY)
    paused = await subscriptions.pause(pause, key=Key("pause", "pause"))
    assert paused.main.pending_until is not None

    host.kill()
    host.start()

    assert await subscriptions.fetch(ref) == paused
    assert await subscriptions.change(request, key=key) == waiting
    credit = await processor.backend.call("customers", "credit", {"ref": CUSTOMER})
    assert [(one.why, one.balance.minor) for one in credit] == [("left_over", 1900), ("applied", 0)]
    answer = await processor.backend.call("engine", "authenticate", {"subscription_ref": ref})
    assert answer.main.items[0].price == "price_pro"
    assert (await processor.customers.fetch(CUSTOMER)).main.name == "Eve"
    resumed = await subscriptions.resume(ResumeSubscription(ref=ref), key=Key("r", "r"))
    assert resumed.main.collection_paused is None


async def test_a_trial_is_ended_from_afar(processor: FakeProcessor) -> None:
    ref = (await subscribed(processor, trial_days=14)).main.ref

    for end in (START + 20 * DAY, None):
        answer = await processor.subscriptions.set_trial_end(
            SetTrialEnd(ref=ref, trial_end=end), key=Key(f"{end}", f"{end}")
        )
        assert answer.main.trial_end == (end or START)

    assert answer.main.status == "active"


async def test_a_preview_is_not_written_down(folder: Path, processor: FakeProcessor) -> None:
    begun = await subscribed(processor)
    journal = folder / "books.journal"
    before = journal.read_bytes()

    await processor.subscriptions.preview(for_price("price_pro", begun))

    assert journal.read_bytes() == before
