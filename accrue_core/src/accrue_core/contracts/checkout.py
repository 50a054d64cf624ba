"""Checkout sessions: a page of the processor's on which a customer subscribes and pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal, Protocol

from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import NewItem

SESSION_PLACEHOLDER = "{CHECKOUT_SESSION_ID}"
"""What every processor replaces in a success URL by its ref of the session, as Stripe does."""


class CheckoutStatus(StrEnum):
    """Where a checkout session stands. Complete says that it is over, never that it is paid."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSessionSnapshot:
    """What a processor says about a checkout session; ``subscription`` is what came of it.

    The address of its page is not part of it: whoever has it may act for the customer. It is in
    the answer's ``next_action``, for as long as the session is open.
    """

    noun: ClassVar[str] = "checkout_session"

    ref: str
    customer: str | None
    status: CheckoutStatus
    subscription: str | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCheckoutSession:
    """Open a page on which a customer starts a subscription. At most one trial field is set.

    ``success_url`` may hold ``SESSION_PLACEHOLDER``. ``metadata`` is the subscription's; the
    processor adds our operation id to both the session's and the subscription's.
    """

    gateway: ClassVar[str] = "checkout"
    method: ClassVar[str] = "create"
    noun: ClassVar[str] = "checkout_session"
    effect: ClassVar[Literal["create", "change"]] = "create"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset({"metadata"})

    customer: str
    items: tuple[NewItem, ...]
    success_url: str
    cancel_url: str
    trial_days: int | None = None
    trial_end: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


class CheckoutGateway(Protocol):
    """A processor's operations on checkout sessions."""

    async def create(self, request: CreateCheckoutSession, *, key: Key) -> Answer:
        """Open the page; ``next_action`` leads there."""
        ...

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now, ``next_action`` while it is open.

        A completed one brings what came of it: the subscription, its first invoice and the
        payment method.
        """
        ...
