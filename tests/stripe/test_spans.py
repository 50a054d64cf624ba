"""Every call to Stripe is a span, and so is every try; neither says whom it is about."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_call_and_its_tries_are_spans_without_refs() -> None:
    command = [sys.executable, "-m", "tests.stripe.spans"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=ROOT)

    create = {"account": "stripe-eu", "request": "POST /v1/customers"}
    fetch = {"account": "stripe-eu", "request": "GET /v1/customers/{id}"}
    tries = [{"request": "POST /v1/customers", "number": number} for number in (1, 2)]
    assert json.loads(done.stdout) == [
        {"name": "accrue.stripe.call", **create},
        *({"name": "accrue.stripe.try", **one} for one in tries),
        {"name": "accrue.stripe.call", **fetch},
        {"name": "accrue.stripe.try", "request": fetch["request"], "number": 1},
    ]
