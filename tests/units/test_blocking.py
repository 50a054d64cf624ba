"""The blocking twin: the same verbs, and the bridge that carries their calls."""

from __future__ import annotations

import asyncio
import inspect
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from accrue_core import Accrue, Billing, BlockingBilling, Owner, Settings
from accrue_core.actors import Actor
from accrue_core.blocking import Bridge, running_bridge
from accrue_core.errors import BridgeError
from accrue_core.facade import verbs


async def loop_and_thread() -> tuple[int, str]:
    return id(asyncio.get_running_loop()), threading.current_thread().name


@pytest.fixture
def accrue(tmp_path: Any) -> Accrue:
    return Accrue(Settings(database_url=f"sqlite+aiosqlite:///{tmp_path}/none.sqlite3"))


def test_the_twin_has_exactly_the_verbs() -> None:
    plumbing = {"acting_as", "close"}
    twins = [
        name
        for name, value in vars(BlockingBilling).items()
        if callable(value) and not name.startswith("_")
    ]
    assert set(twins) - plumbing == set(verbs())
    assert [name for name in twins if name not in plumbing] == verbs()
    assert len(verbs()) > 20


@pytest.mark.parametrize("name", verbs())
def test_each_twin_has_the_signature_and_the_words_of_its_verb(name: str) -> None:
    verb, twin = getattr(Billing, name), getattr(BlockingBilling, name)
    assert inspect.signature(twin) == inspect.signature(verb)
    assert twin.__doc__ == verb.__doc__
    assert verb.__doc__
    assert inspect.iscoroutinefunction(verb)
    assert not inspect.iscoroutinefunction(twin)
    optional = list(inspect.signature(verb).parameters.values())[3:]
    assert all(p.kind is p.KEYWORD_ONLY for p in optional if p.default is not p.empty)


def test_a_call_comes_back_with_its_result_or_its_error() -> None:
    async def fail() -> None:
        raise KeyError("x")

    bridge = Bridge()
    try:
        assert bridge.run(loop_and_thread())[1] == "accrue-bridge"
        with pytest.raises(KeyError, match="x"):
            bridge.run(fail())
    finally:
        bridge.stop()


def test_all_threads_share_one_loop() -> None:
    bridge = Bridge()
    try:
        with ThreadPoolExecutor(8) as pool:
            seen = set(pool.map(lambda _: bridge.run(loop_and_thread()), range(64)))
        assert len(seen) == 1
    finally:
        bridge.stop()


async def test_on_a_running_loop_it_refuses_and_says_to_await(accrue: Accrue) -> None:
    with pytest.raises(BridgeError, match="await the verb instead"):
        accrue.blocking().find_customer(Owner("team", "42"))
    await asyncio.to_thread(lambda: accrue.blocking().bridge.stop())


async def test_from_a_thread_of_a_running_loop_it_uses_that_loop() -> None:
    bridge = running_bridge()
    loop, _ = await asyncio.to_thread(bridge.run, loop_and_thread())
    assert loop == id(asyncio.get_running_loop())


async def test_while_a_server_runs_calls_go_to_its_loop_and_afterwards_do_not() -> None:
    bridge = Bridge()
    bridge.serving = asyncio.get_running_loop()
    loop, _ = await asyncio.to_thread(bridge.run, loop_and_thread())
    assert loop == id(asyncio.get_running_loop())
    bridge.serving = None
    loop, name = await asyncio.to_thread(bridge.run, loop_and_thread())
    assert (loop == id(asyncio.get_running_loop()), name) == (False, "accrue-bridge")
    await asyncio.to_thread(bridge.stop)


def test_a_stopped_bridge_starts_again() -> None:
    bridge = Bridge()
    bridge.stop()
    for _ in range(3):
        assert bridge.run(loop_and_thread())[1] == "accrue-bridge"
        bridge.stop()
        bridge.stop()
    assert not [t for t in threading.enumerate() if t.name == "accrue-bridge"]


def test_closing_the_twin_ends_its_thread_and_leaves_the_actor_alone(accrue: Accrue) -> None:
    with accrue.blocking() as billing:
        operator = billing.acting_as(Actor("operator", "17"))
        assert operator.billing.actor == Actor("operator", "17")
        assert operator.bridge is billing.bridge
        assert billing.billing.actor == Actor("system")
    assert not [t for t in threading.enumerate() if t.name == "accrue-bridge"]


def in_a_fork(call: Callable[[], Any]) -> Any:
    """Run a call in a forked child; return its result, or fail when it does not come back."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(call()), daemon=True)
    child.start()
    try:
        assert receiver.poll(10), "the child did not come back"
        return receiver.recv()
    finally:
        child.kill()
        child.join()
        child.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_starts_a_loop_of_its_own() -> None:
    bridge = Bridge()
    try:
        bridge.run(loop_and_thread())
        assert in_a_fork(lambda: bridge.run(loop_and_thread())[1]) == "accrue-bridge"
        assert bridge.run(loop_and_thread())[1] == "accrue-bridge"
    finally:
        bridge.stop()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
async def test_a_child_forked_while_a_server_runs_does_not_wait_for_the_servers_loop() -> None:
    bridge = Bridge()
    bridge.serving = asyncio.get_running_loop()

    def fork() -> Any:
        return in_a_fork(lambda: bridge.run(loop_and_thread())[1])

    assert await asyncio.to_thread(fork) == "accrue-bridge"
