"""The SDK, imported when it is first needed."""

from __future__ import annotations

import sys
import warnings
from typing import Any


def load() -> Any:
    """Import the SDK and return it.

    While it is imported, the SDK warns twice of what it has itself deprecated. These two warnings
    are ignored: they say nothing to anybody here, and a host whose warnings are errors could not
    use Braintree at all.
    """
    if "braintree" not in sys.modules:
        for about in ("Use ProtectionLevel enum", "Use protection_level parameter"):
            warnings.filterwarnings("ignore", about, DeprecationWarning, r"braintree\.")
    import braintree

    return braintree
