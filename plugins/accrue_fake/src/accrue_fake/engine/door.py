"""The door: one generic way in, the same for a caller in this process and for one far away.

``call(noun, method, arguments)`` reaches what is listed here and nothing else. Faults of the line
are acted out on what a processor's API offers; what belongs to the test bench (time, scenarios,
webhooks) always works.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from accrue_core.contracts.results import Answer, UnreadableSnapshot
from accrue_core.errors import (
    InvalidRequest,
    ProcessorMisconfigured,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
)
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import Fault

API: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "customers": frozenset(
            {"create", "update", "set_tax_location", "assign", "fetch", "find_created"}
        ),
        "payment_methods": frozenset({"attach", "fetch", "find_created"}),
        "subscriptions": frozenset(
            {
                "create", "cancel", "keep", "change", "preview", "set_trial_end", "pause", "resume",
                "fetch", "find_created",
            }
        ),
        "schedules": frozenset(
            {"create", "update", "release", "cancel", "fetch", "find_created"}
        ),
        "invoices": frozenset({"fetch"}),
        "checkout": frozenset({"create", "fetch", "find_created"}),
        "portal": frozenset({"create"}),
        "events": frozenset({"since"}),
    }
)  # fmt: skip
"""What a processor can be asked. Everything here can fail as a network fails."""

BENCH: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "engine": frozenset(
            {
                "advance", "advance_to", "pay_invoice", "authenticate", "fail_authentication",
                "pages_at",
            }
        ),
        "clock": frozenset({"now"}),
        "clocks": frozenset({"create", "advance", "fetch", "delete"}),
        "catalogue": frozenset({"add_price", "price", "prices"}),
        "discounts": frozenset({"add_coupon", "coupon", "coupons", "times_redeemed"}),
        "tax": frozenset({"declare", "round", "rates"}),
        "customers": frozenset({"edit", "describe", "locate", "delete", "of_owner", "credit"}),
        "payment_methods": frozenset({"make", "give", "clear_default", "detach", "of_customer"}),
        "subscriptions": frozenset({"becomes", "edit", "describe", "charge_to", "of_customer"}),
        "schedules": frozenset({"of_customer"}),
        "invoices": frozenset(
            {
                "of_subscription", "charge", "finalize", "void", "mark_uncollectible",
                "delete_draft", "page", "pay_on_page", "bank_page", "authenticate",
                "fail_authentication",
            }
        ),
        "checkout": frozenset(
            {"page", "pay", "authenticate", "fail_authentication", "of_customer"}
        ),
        "portal": frozenset(
            {
                "page", "add_card", "choose_card", "authenticate", "fail_authentication",
                "cancel", "keep",
            }
        ),
        "webhooks": frozenset({"take", "delivered", "failed", "recall"}),
        "scenarios": frozenset(
            {
                "decline_next_charge", "fail_charge", "slow_next_call", "held", "lose_next_answer",
                "fail_next_call", "limit_next_call",
                "cut_next_call", "misconfigure_next_call", "lose_next_webhook",
                "delay_next_webhook", "duplicate_next_webhook", "shuffle_webhooks",
                "speak_unknown_status", "hide", "go_wrong_at_random", "clear",
            }
        ),
    }
)  # fmt: skip
"""What a test bench can do to a processor, and the pages for a customer who is there."""

QUESTIONS = frozenset(
    {
        "fetch",
        "find_created",
        "preview",
        "credit",
        "now",
        "price",
        "prices",
        "coupon",
        "coupons",
        "since",
        "times_redeemed",
        "rates",
        "of_customer",
        "of_owner",
        "of_subscription",
        "page",
        "bank_page",
    }
)
_SINGULAR = {
    "customers": "customer",
    "payment_methods": "payment_method",
    "subscriptions": "subscription",
    "schedules": "schedule",
    "invoices": "invoice",
    "checkout": "checkout_session",
}


class Door:
    """Lets calls in, and strikes those that a scenario has chosen."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rooms: dict[str, Any] = {
            "engine": engine,
            "clock": engine.clock,
            "clocks": engine.clocks,
            "catalogue": engine.catalogue,
            "discounts": engine.discounts,
            "tax": engine.tax,
            "customers": engine.customers,
            "payment_methods": engine.payment_methods,
            "subscriptions": engine.subscriptions,
            "schedules": engine.schedules,
            "invoices": engine.invoices,
            "checkout": engine.checkout,
            "portal": engine.portal,
            "webhooks": engine.emitter,
            "events": engine.emitter,
            "scenarios": engine.scenarios,
        }

    def changes(self, method: str) -> bool:
        """Whether a call of this method may change the books, as things stand."""
        return method not in QUESTIONS or not self._engine.scenarios.is_quiet

    def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Do what is asked, or ``InvalidRequest`` when the engine offers no such thing."""
        is_api = method in API.get(noun, ())
        if not is_api and method not in BENCH.get(noun, ()):
            raise InvalidRequest(f"the engine has no {noun}.{method}")
        deed = getattr(self._rooms[noun], method)
        if self._engine.scenarios.is_quiet or not is_api:
            return _called(deed, arguments)
        return self._struck(noun, method, arguments)

    def _struck(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        scenarios = self._engine.scenarios
        fault = scenarios.strikes_call(f"{noun}.{method}")
        if fault is not None and fault.kind != "lost_after":
            raise _as_error(fault)
        instead = scenarios.strikes_fetch(arguments["ref"]) if method == "fetch" else None
        if instead is not None and instead.kind == "missing":
            raise RemoteMissing(noun=_SINGULAR[noun], ref=arguments["ref"])
        answer = _called(getattr(self._rooms[noun], method), arguments)
        if fault is not None:
            raise _as_error(fault)
        if instead is not None:
            return Answer(UnreadableSnapshot(_SINGULAR[noun], arguments["ref"], instead.word))
        return answer


def _called(deed: Any, arguments: Mapping[str, Any]) -> Any:
    try:
        return deed(**arguments)
    except TypeError:
        try:
            inspect.signature(deed).bind(**arguments)
        except TypeError as wrong:
            raise InvalidRequest(f"the engine was called wrongly: {wrong}") from None
        raise


def _as_error(fault: Fault) -> Exception:
    match fault.kind:
        case "rate_limited":
            return RateLimited("the fake processor asks to slow down", retry_after=fault.seconds)
        case "unreachable":
            return ProcessorUnreachable("the fake processor was not reached")
        case "misconfigured":
            return ProcessorMisconfigured("the fake processor does not accept this key")
        case "server_error":
            return ProcessorUnavailable("the fake processor answered 500")
        case _:
            return ProcessorUnavailable("the fake processor's answer was lost")
