"""Record the spans of a few calls, in a process of its own, and print them as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from opentelemetry import trace

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.results import Key
from accrue_core.owners import Owner
from tests.stripe.account.line import Fault
from tests.stripe.asking import SETTINGS, asking, furnished
from tests.stripe.stand_in import problem

RECORDED: list[dict[str, Any]] = []


class Recorder(trace.NoOpTracer):
    """A tracer that writes down what is started."""

    @contextmanager
    def start_as_current_span(  # type: ignore[override]
        self, name: str, attributes: Any = None, **rest: Any
    ) -> Iterator[None]:
        """Write a span down."""
        RECORDED.append({"name": name, **attributes})
        yield


class Provider(trace.NoOpTracerProvider):
    """Hands out the recorder."""

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:
        """Return it, whoever asks."""
        return Recorder()


async def main() -> None:
    """Create a customer, with one fault on the way, and read it."""
    account = furnished()
    settings = replace(SETTINGS, name="stripe-eu", retries=1, retry_delay=0.001)
    async with asking(account, settings) as processor:
        account.faults.append(Fault(problem(500, "api_error")))
        request = CreateCustomer(owner=Owner("team", "1"), email="ada@person.example")
        answer = await processor.customers.create(request, key=Key("key-1", "aop_1"))
        await processor.fetch("customer", answer.main.ref)
    print(json.dumps(RECORDED))  # noqa: T201


if __name__ == "__main__":
    trace.set_tracer_provider(Provider())
    asyncio.run(main())
