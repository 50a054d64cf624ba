"""Facts that the engine does not keep, as the renderers take them.

The engine knows what is billed. What only belongs to Stripe's API is kept by whoever serves it:
endpoints for webhooks, what a product is called, who asked for something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from accrue_core.money import Money

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
"""When everything was made that the engine has no date for, such as its prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """What is sold."""

    ref: str
    name: str
    description: str | None = None
    is_active: bool = True
    default_price: str | None = None
    tax_code: str | None = None
    unit_label: str | None = None
    url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime = FIRST_DAY
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFacts:
    """What a price is called; what it costs is the engine's."""

    is_active: bool = True
    nickname: str | None = None
    lookup_key: str | None = None
    tax_behavior: Literal["exclusive", "inclusive", "unspecified"] = "unspecified"
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime = FIRST_DAY


THIN = "thin"
"""Stands for the version of an endpoint that is told only what events are about."""

DESTINATION = "ed_"
"""How the ids of those endpoints begin that the second namespace calls event destinations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointFacts:
    """Where webhooks are posted to. ``secret`` is told once, when the endpoint is created.

    ``enabled_events`` are types as events of the first namespace have them, whichever namespace
    the endpoint was registered in. ``name`` and ``updated_at`` are those of a destination.
    """

    ref: str
    url: str
    enabled_events: tuple[str, ...] = ("*",)
    is_enabled: bool = True
    api_version: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime = FIRST_DAY
    secret: str | None = field(default=None, repr=False)
    name: str = ""
    updated_at: datetime | None = None

    @property
    def is_destination(self) -> bool:
        """Whether the second namespace knows it, and the first one does not."""
        return self.ref.startswith(DESTINATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestClockFacts:
    """A clock of its own for some customers. ``target`` is set while it is being advanced."""

    __test__ = False

    ref: str
    frozen_at: datetime
    created_at: datetime
    deletes_at: datetime
    name: str | None = None
    target: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupIntentFacts:
    """A payment method that is being kept for later, without a payment."""

    ref: str
    status: Literal[
        "requires_payment_method", "requires_confirmation", "requires_action", "processing",
        "succeeded", "canceled",
    ] = "requires_payment_method"  # fmt: skip
    customer: str | None = None
    payment_method: str | None = None
    usage: Literal["off_session", "on_session"] = "off_session"
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime = FIRST_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseIntentFacts:
    """A payment that was asked for by itself, and not by an invoice."""

    ref: str
    amount: Money
    status: Literal[
        "requires_payment_method", "requires_confirmation", "requires_action", "processing",
        "requires_capture", "succeeded", "canceled",
    ] = "requires_payment_method"  # fmt: skip
    customer: str | None = None
    payment_method: str | None = None
    description: str | None = None
    setup_future_usage: Literal["off_session", "on_session"] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime = FIRST_DAY
    canceled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What an event says besides what the engine keeps.

    ``object`` is the thing as it was when it happened; without one it is rendered as it is now.
    ``previous`` is what its changed keys were. ``request`` and ``idempotency_key`` tell which
    request caused it; what time does, nobody asked for.
    """

    object: Mapping[str, Any] | None = None
    previous: Mapping[str, Any] | None = None
    request: str | None = None
    idempotency_key: str | None = None
    pending_webhooks: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """The account that all of this is in."""

    ref: str = "acct_fake_00001"
    name: str = "Fake"
    country: str = "US"
    currency: str = "usd"
    email: str | None = None
    created_at: datetime = FIRST_DAY


ACCOUNT = AccountFacts()
"""The account of an engine, unless somebody says otherwise."""
