"""Whether what came back is an answer at all. Pure.

The SDK reads every body as JSON of Stripe's shape and fails with whatever Python fails with where
it is not: behind a broken proxy, that would be an error of nobody's after something was changed.
"""

from __future__ import annotations

import json
from typing import Any

NO_ANSWER = "accrue_no_answer"
"""The code of an answer that is not JSON, or not an object, or an error that is none."""

OTHER_MODE = "accrue_other_mode"
"""The code of an answer about a thing of the other mode than the key's."""


def what_is_wrong(status: int, body: bytes, *, livemode: bool | None) -> str | None:
    """Return the code of what is wrong with an answer, if something is."""
    try:
        said: Any = json.loads(body.decode())
    except (ValueError, RecursionError):
        return NO_ANSWER
    if not isinstance(said, dict):
        return NO_ANSWER
    if not 200 <= status < 300:
        return None if isinstance(said.get("error"), dict) else NO_ANSWER
    return OTHER_MODE if said.get("livemode", livemode) is not livemode else None
