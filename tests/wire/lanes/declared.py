"""What is not made over the wire, and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "test_whatever_cannot_name_its_owner_cannot_pay": "it is refused before anybody is asked",
    }
)
"""Journeys that are not made over the wire."""

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "test_wrong_uses": "whatever is wrong is refused before anybody is asked",
    }
)
"""Modules of journeys that have no lane over the wire."""
