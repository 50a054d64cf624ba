"""Checkout and portal across a socket: the same sessions after a kill, the same refusals."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import NewItem
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_core.owners import Owner
from accrue_fake import FakeProcessor, HostProcess
from tests.fake.shop import MONTHLY, token_of

pytestmark = pytest.mark.anyio

KEY = Key("the-key", "the-operation")
PLACE = "https://shop.example/billing/fake"


@pytest.fixture
def host() -> Iterator[HostProcess]:
    with tempfile.TemporaryDirectory(prefix="accrue-") as folder:
        books = Path(folder) / "books"
        with HostProcess(Path(folder) / "engine", snapshot=books, pages=PLACE) as running:
            yield running


@pytest.fixture
async def processor(host: HostProcess) -> AsyncIterator[FakeProcessor]:
    processor = FakeProcessor(host.backend())
    price = {"ref": "price_monthly", "money": MONTHLY}
    await processor.backend.call("catalogue", "add_price", price)
    await processor.customers.create(CreateCustomer(owner=Owner("team", "ada")), key=Key("c", "c"))
    yield processor
    await processor.close()


async def opened(processor: FakeProcessor) -> Answer:
    request = CreateCheckoutSession(
        customer="cus_fake_00001",
        items=(NewItem(price="price_monthly", quantity=2),),
        success_url="https://shop.example/thanks",
        cancel_url="https://shop.example/prices",
        metadata={"plan": "pro"},
    )
    return await processor.checkout.create(request, key=KEY)


async def test_a_session_is_the_same_after_a_kill(
    host: HostProcess, processor: FakeProcessor
) -> None:
    answer = await opened(processor)
    assert answer.next_action is not None
    assert answer.next_action.url is not None
    assert answer.next_action.url.reveal().startswith(f"{PLACE}/checkout/")
    page = {"token": token_of(answer)}
    with pytest.raises(CardDeclined):
        await processor.backend.call("checkout", "pay", {**page, "card": "pm_card_chargeDeclined"})
    waits = {**page, "card": "pm_card_authenticationRequired"}
    await processor.backend.call("checkout", "pay", waits)

    host.kill()
    host.start()

    again = await opened(processor)
    assert (again, again.next_action) == (answer, answer.next_action)
    paid = await processor.backend.call("checkout", "authenticate", page)
    assert await processor.checkout.fetch(answer.main.ref) == paid
    assert paid.others[0].metadata == {"plan": "pro", "accrue_operation": "the-operation"}
    with pytest.raises(ProcessorRejected) as refused:
        await processor.backend.call("checkout", "pay", {**page, "card": "pm_card_visa"})
    assert refused.value.reason == "checkout_complete"


async def test_a_portal_session_is_said_again_after_a_kill(
    host: HostProcess, processor: FakeProcessor
) -> None:
    request = CreatePortalSession(customer="cus_fake_00001", return_url="https://shop.example/")
    session = await processor.portal.create(request, key=KEY)

    host.kill()
    host.start()

    assert await processor.portal.create(request, key=KEY) == session
    assert session.url.reveal().startswith(f"{PLACE}/portal/")


async def test_looking_at_a_page_is_not_written_down(
    host: HostProcess, processor: FakeProcessor
) -> None:
    page = {"token": token_of(await opened(processor))}
    journal = host.socket_path.with_name("books.journal")
    before = journal.read_bytes()

    view = await processor.backend.call("checkout", "page", page)

    assert view.total == MONTHLY * 2
    assert journal.read_bytes() == before


async def test_the_engine_can_be_told_late_where_its_pages_are(
    host: HostProcess, processor: FakeProcessor
) -> None:
    await processor.backend.call("engine", "pages_at", {"url": "http://127.0.0.1:81/fake"})

    answer = await opened(processor)
    host.kill()
    host.start()

    assert answer.next_action is not None
    assert answer.next_action.url is not None
    assert answer.next_action.url.reveal().startswith("http://127.0.0.1:81/fake/checkout/")
    assert (await processor.checkout.fetch(answer.main.ref)).next_action == answer.next_action
