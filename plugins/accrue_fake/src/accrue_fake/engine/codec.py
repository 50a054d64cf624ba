"""How values leave the process: for the wire, the journal and the snapshot file.

Values are tagged with the name of their type, and only types listed here are read back. Plain
JSON, so that a file or a frame never runs anything.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec

from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    PreviewedChange,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CreateCheckoutSession
from accrue_core.contracts.customers import (
    AssignCustomer,
    CreateCustomer,
    CustomerSnapshot,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.contracts.payment_methods import AttachPaymentMethod, PaymentMethodSnapshot
from accrue_core.contracts.portal import CreatePortalSession, PortalSession
from accrue_core.contracts.results import (
    Answer,
    GoneSnapshot,
    Key,
    NextAction,
    UnreadableSnapshot,
)
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    ReleaseSchedule,
    ScheduleSnapshot,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    SubscriptionSnapshot,
)
from accrue_core.errors import AccrueError, InvalidRequest
from accrue_core.money import Money
from accrue_core.owners import Owner
from accrue_core.settings import Secret
from accrue_fake.engine.clock_records import ClockSnapshot
from accrue_fake.engine.records import (
    Coupon,
    CreditMovement,
    OwedWebhook,
    Price,
    Refusal,
    Rounding,
    TaxRate,
)
from accrue_fake.engine.views import CheckoutView, InvoiceView, PortalView

_TAG = "$"
_MICROSECOND = timedelta(microseconds=1)
_TYPES: Mapping[str, type[Any]] = MappingProxyType(
    {
        type_.__name__: type_
        for type_ in (
            CustomerSnapshot, PaymentMethodSnapshot, SubscriptionSnapshot, InvoiceSnapshot,
            GoneSnapshot, UnreadableSnapshot, NextAction, CreateCustomer, AttachPaymentMethod,
            CreateSubscription, CancelSubscription, KeepSubscription, Key, Owner, Money, Price,
            OwedWebhook, Refusal, CheckoutSessionSnapshot, CreateCheckoutSession,
            CreatePortalSession, PortalSession, CheckoutView, InvoiceView, PortalView,
            UpdateCustomer, ChangeSubscription, PreviewedChange, SetTrialEnd, PauseSubscription,
            ResumeSubscription, CreditMovement, ClockSnapshot, SetTaxLocation, AssignCustomer,
            Coupon, TaxRate, Rounding, ScheduleSnapshot, CreateSchedule, UpdateSchedule,
            ReleaseSchedule, CancelSchedule,
        )
    }
)  # fmt: skip


def pack(value: Any) -> Any:
    """Return the value as JSON can hold it, tagged where JSON has no such type."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return {_TAG: "datetime", "v": value.isoformat()}
    if isinstance(value, timedelta):
        return {_TAG: "timedelta", "v": value // _MICROSECOND}
    if isinstance(value, Decimal):
        return {_TAG: "decimal", "v": str(value)}
    if isinstance(value, bytes):
        return {_TAG: "bytes", "v": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return [pack(item) for item in value]
    if isinstance(value, Mapping):
        return {_TAG: "map", "v": {str(name): pack(item) for name, item in value.items()}}
    if isinstance(value, Answer):
        parts = (value.main, list(value.others), value.next_action)
        return {_TAG: "Answer", "v": [pack(part) for part in parts]}
    name = type(value).__name__
    if _TYPES.get(name) is not type(value):
        raise InvalidRequest(f"a {name} cannot be sent to the engine")
    return {_TAG: name, "v": msgspec.to_builtins(value, enc_hook=plain)}


def unpack(value: Any) -> Any:
    """Return what ``pack`` was given; lists come back as tuples."""
    if isinstance(value, list):
        return tuple(unpack(item) for item in value)
    if not isinstance(value, dict):
        return value
    tag, inner = value.get(_TAG), value.get("v")
    match tag, inner:
        case "datetime", str():
            return datetime.fromisoformat(inner)
        case "timedelta", int():
            return inner * _MICROSECOND
        case "decimal", str():
            return Decimal(inner)
        case "bytes", str():
            return base64.b64decode(inner)
        case "map", dict():
            return {name: unpack(item) for name, item in inner.items()}
        case "Answer", [main, others, action]:
            return Answer(unpack(main), unpack(others), unpack(action))
        case str(), _ if tag in _TYPES:
            return msgspec.convert(inner, _TYPES[tag], dec_hook=typed)
    raise InvalidRequest(f"no value of the engine's has the tag {tag!r}")


def plain(value: Any) -> Any:
    """Write the values inside a dataclass that msgspec has no form for."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"cannot write a {type(value).__name__}")


def typed(type_: type[Any], value: Any) -> Any:
    """Read back what ``plain`` wrote."""
    if type_ is Secret:
        return Secret(value)
    raise NotImplementedError(f"cannot read a {type_.__name__}")


def encode(value: Any) -> bytes:
    """Return the bytes of a packed value, on one line."""
    return msgspec.json.encode(pack(value))


def decode(data: bytes) -> Any:
    """Return what ``encode`` was given."""
    return unpack(msgspec.json.decode(data))


def refusal_of(error: AccrueError) -> Refusal:
    """Write an error down by code, message and attributes, so that it can be raised elsewhere."""
    attributes = {
        name: value
        for name, value in vars(error).items()
        if value is None or isinstance(value, str | int | float)
    }
    return Refusal(code=error.code, message=str(error), attributes=attributes)


def error_of(refusal: Refusal) -> AccrueError:
    """Make the error again, of the very class that was raised.

    Constructors differ, so none is called: message and attributes are put back as they were.
    """
    kind = _kinds().get(refusal.code, AccrueError)
    error = kind.__new__(kind, refusal.message)
    vars(error).update(refusal.attributes)
    return error


def _kinds() -> dict[str, type[AccrueError]]:
    found: dict[str, type[AccrueError]] = {}
    todo: list[type[AccrueError]] = [AccrueError]
    while todo:
        kind = todo.pop()
        found.setdefault(kind.code, kind)
        todo.extend(kind.__subclasses__())
    return found
