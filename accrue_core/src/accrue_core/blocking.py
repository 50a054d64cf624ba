"""The same verbs without ``await``, and the bridge that carries the calls to an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from accrue_core.actors import Actor
from accrue_core.errors import BridgeError
from accrue_core.facade import Billing

P = ParamSpec("P")
T = TypeVar("T")


class Bridge:
    """One event loop in a thread of its own, started on first use.

    Connection pools belong to a loop, so all blocking calls of a process share one. A forked
    child starts its own. While a server's lifespan runs, calls go to the server's loop instead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._serving: tuple[int, asyncio.AbstractEventLoop] | None = None

    @property
    def serving(self) -> asyncio.AbstractEventLoop | None:
        """The server's loop, while one is running in this very process: a fork has none."""
        if self._serving is None or self._serving[0] != os.getpid():
            return None
        return self._serving[1]

    @serving.setter
    def serving(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._serving = None if loop is None else (os.getpid(), loop)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for its result.

        Raises ``BridgeError`` in a thread that is running a loop, which would wait for itself.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(call, self._target()).result()
        call.close()
        raise BridgeError("a blocking verb was called on an event loop: await the verb instead")

    def stop(self) -> None:
        """End the bridge's own loop and thread, if it has one."""
        with self._lock:
            if self._loop is None or self._thread is None or self._pid != os.getpid():
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    def _target(self) -> asyncio.AbstractEventLoop:
        serving = self.serving
        if serving is not None and serving.is_running():
            return serving
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._pid = os.getpid()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="accrue-bridge", daemon=True
                )
                self._thread.start()
            return self._loop


class _LoopBridge(Bridge):
    """Carries calls to a loop that is known to be running in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.serving = loop


def running_bridge() -> Bridge:
    """Return a bridge to the running loop, for code that is about to go into a thread."""
    return _LoopBridge(asyncio.get_running_loop())


def blocking(
    method: Callable[Concatenate[Billing, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[BlockingBilling, P], T]:
    """Return the twin of a verb: the same signature and documentation, without ``await``."""

    @wraps(method)
    def call(self: BlockingBilling, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.bridge.run(method(self.billing, *args, **kwargs))

    return call


class BlockingBilling:
    """``Billing`` for code that cannot await: Django views, scripts, the command line."""

    def __init__(self, billing: Billing, bridge: Bridge) -> None:
        self.billing = billing
        self.bridge = bridge

    def acting_as(self, actor: Actor, *, ambient: str | None = None) -> BlockingBilling:
        """Return the same verbs with another actor; see ``Billing.acting_as``."""
        return BlockingBilling(self.billing.acting_as(actor, ambient=ambient), self.bridge)

    def close(self) -> None:
        """Release connections and end the bridge; a server's own are left alone."""
        if self.bridge.serving is None:
            self.bridge.run(self.billing.runtime.close())
            self.bridge.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    customer = blocking(Billing.customer)
    find_customer = blocking(Billing.find_customer)
    update_customer = blocking(Billing.update_customer)
    update_tax_location = blocking(Billing.update_tax_location)
    move_customer = blocking(Billing.move_customer)

    add_payment_method = blocking(Billing.add_payment_method)
    payment_methods = blocking(Billing.payment_methods)

    subscribe = blocking(Billing.subscribe)
    comp = blocking(Billing.comp)
    cancel = blocking(Billing.cancel)
    keep = blocking(Billing.keep)
    preview_change = blocking(Billing.preview_change)
    swap_plan = blocking(Billing.swap_plan)
    update_quantity = blocking(Billing.update_quantity)
    add_item = blocking(Billing.add_item)
    remove_item = blocking(Billing.remove_item)
    seats_changed = blocking(Billing.seats_changed)
    count_seats = blocking(Billing.count_seats)
    extend_trial = blocking(Billing.extend_trial)
    end_trial = blocking(Billing.end_trial)
    pause = blocking(Billing.pause)
    resume = blocking(Billing.resume)
    subscription = blocking(Billing.subscription)
    subscriptions = blocking(Billing.subscriptions)
    next_action = blocking(Billing.next_action)

    subscribe_via_schedule = blocking(Billing.subscribe_via_schedule)
    update_schedule = blocking(Billing.update_schedule)
    release_schedule = blocking(Billing.release_schedule)
    cancel_schedule = blocking(Billing.cancel_schedule)
    schedule = blocking(Billing.schedule)
    schedules = blocking(Billing.schedules)

    create_checkout_session = blocking(Billing.create_checkout_session)
    reconcile_checkout = blocking(Billing.reconcile_checkout)
    checkout_sessions = blocking(Billing.checkout_sessions)
    create_billing_portal_session = blocking(Billing.create_billing_portal_session)

    invoice = blocking(Billing.invoice)
    invoices = blocking(Billing.invoices)

    entitled = blocking(Billing.entitled)
    has_active_plan = blocking(Billing.has_active_plan)
    features_for = blocking(Billing.features_for)
    explain_access = blocking(Billing.explain_access)

    timeline_for = blocking(Billing.timeline_for)
    state_as_of = blocking(Billing.state_as_of)
    verify_ledger = blocking(Billing.verify_ledger)

    webhook_deliveries = blocking(Billing.webhook_deliveries)
    catch_up = blocking(Billing.catch_up)
    replay_webhook = blocking(Billing.replay_webhook)
    replay_webhooks = blocking(Billing.replay_webhooks)
    replay_handlers = blocking(Billing.replay_handlers)
    replay_jobs = blocking(Billing.replay_jobs)

    open_operations = blocking(Billing.open_operations)
    recover_operations = blocking(Billing.recover_operations)
