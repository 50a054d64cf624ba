"""An engine per test: they share nothing."""

from collections.abc import AsyncIterator

import pytest

from accrue_fake import Engine, FakeProcessor
from tests.fake.shop import Shop
from tests.fake.visitor import PLACE, Visitor, serving


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def engine(shop: Shop) -> Engine:
    return shop.engine


@pytest.fixture
async def visitor(shop: Shop) -> AsyncIterator[Visitor]:
    """Give a customer before the pages of the shop's engine; no database is opened for them."""
    shop.engine.pages_at(PLACE)
    visitor = Visitor(serving(FakeProcessor(shop.engine)).asgi())
    yield visitor
    await visitor.close()
