"""What all requests to a processor have in common."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Protocol

OPERATION_METADATA = "accrue_operation"
"""The metadata field of created things in which a processor keeps our operation id."""


class Request(Protocol):
    """One remote mutation, fully resolved: what is stored before it is sent.

    ``gateway`` and ``method`` say where it goes (``processor.subscriptions.create``).
    ``effect`` says how its outcome is recognised later: a ``create`` by finding the thing that
    carries our operation id, a ``change`` by fetching ``noun`` ``ref`` and asking ``is_met_by``.
    ``personal`` names the fields that are forgotten once the outcome is known. A request that is
    resolved from what is there names in ``identity`` the fields that say whether another one under
    the same key is the same.
    """

    gateway: ClassVar[str]
    method: ClassVar[str]
    noun: ClassVar[str]
    effect: ClassVar[Literal["create", "change"]]
    moves_money: ClassVar[bool]
    personal: ClassVar[frozenset[str]]
    __dataclass_fields__: ClassVar[dict[str, Any]]
