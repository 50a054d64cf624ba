"""One zygote for the kills of a module: it belongs to no test and remembers nothing of any."""

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.kill.trials")

from tests.kill.scene import Zygote  # noqa: E402


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote
