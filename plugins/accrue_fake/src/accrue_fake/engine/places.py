"""Places: which of them can be taxed, by a declared table.

Stripe asks for as much of an address as tells where somebody is taxed: a country mostly, in the
United States and in Canada a state and a postal code as well
(docs.stripe.com/tax/customer-locations). What is said beyond that must be right, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.errors import TaxLocationInvalid
from accrue_fake.engine.records import Address


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STATES = MappingProxyType(
    {
        "US": _words(
            "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE "
            "NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY"
        ),
        "CA": _words("AB BC MB NB NL NS NT NU ON PE QC SK YT"),
        "AU": _words("ACT NSW NT QLD SA TAS VIC WA"),
    }
)
_NEEDS_ALL = frozenset({"US", "CA"})
_POSTAL_CODES: Mapping[str, str] = MappingProxyType(
    {
        "AE": r"", "AT": r"\d{4}", "AU": r"\d{4}", "BE": r"\d{4}", "BG": r"\d{4}",
        "BR": r"\d{5}-?\d{3}", "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d", "CH": r"\d{4}", "CY": r"\d{4}",
        "CZ": r"\d{3} ?\d{2}", "DE": r"\d{5}", "DK": r"\d{4}", "EE": r"\d{5}", "ES": r"\d{5}",
        "FI": r"\d{5}", "FR": r"\d{5}", "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
        "GR": r"\d{3} ?\d{2}", "HK": r"", "HR": r"\d{5}", "HU": r"\d{4}",
        "IE": r"[A-Z]\d[\dW] ?[A-Z\d]{4}", "IN": r"\d{6}", "IS": r"\d{3}", "IT": r"\d{5}",
        "JP": r"\d{3}-?\d{4}", "KR": r"\d{5}", "LI": r"\d{4}", "LT": r"(LT-)?\d{5}",
        "LU": r"(L-)?\d{4}", "LV": r"(LV-)?\d{4}", "MT": r"[A-Z]{3} ?\d{4}", "MX": r"\d{5}",
        "NL": r"\d{4} ?[A-Z]{2}", "NO": r"\d{4}", "NZ": r"\d{4}", "PL": r"\d{2}-?\d{3}",
        "PT": r"\d{4}-\d{3}", "RO": r"\d{6}", "SE": r"\d{3} ?\d{2}", "SG": r"\d{6}",
        "SI": r"(SI-)?\d{4}", "SK": r"\d{3} ?\d{2}", "TH": r"\d{5}", "US": r"\d{5}(-\d{4})?",
        "ZA": r"\d{4}",
    }
)  # fmt: skip
"""The known countries, and how their postal codes are written; none are written where it is empty.
"""


def recognized(request: SetTaxLocation) -> Address:
    """Return the address of a place that can be taxed, or ``TaxLocationInvalid``."""
    country = request.country
    if country not in _POSTAL_CODES:
        raise TaxLocationInvalid(param="country")
    needs_all = country in _NEEDS_ALL
    if not _is_state(country, request.state, is_needed=needs_all):
        raise TaxLocationInvalid(param="state")
    if not _is_postal_code(country, request.postal_code, is_needed=needs_all):
        raise TaxLocationInvalid(param="postal_code")
    return Address(
        country=country,
        postal_code=request.postal_code,
        state=request.state,
        city=request.city,
        line1=request.line1,
        line2=request.line2,
    )


def _is_state(country: str, state: str | None, *, is_needed: bool) -> bool:
    if not state:
        return not is_needed
    return country not in _STATES or state in _STATES[country]


def _is_postal_code(country: str, code: str | None, *, is_needed: bool) -> bool:
    if not code:
        return not is_needed
    return re.fullmatch(_POSTAL_CODES[country], code, re.ASCII) is not None
