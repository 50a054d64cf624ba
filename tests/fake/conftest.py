"""An engine per test: they share nothing."""

import pytest

from accrue_fake import Engine
from tests.fake.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def engine(shop: Shop) -> Engine:
    return shop.engine
