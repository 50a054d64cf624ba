"""Write down how Stripe's objects were at earlier releases, from earlier versions of the SDK.

``python -m tools.stripe_past FOLDER...`` takes folders with an unpacked wheel of the SDK each, the
newest first: the last one that each release had, since within a release keys are only added. They
were 15.6.2, 14.4.1, 12.5.1, 11.6.0 and 10.12.0. It writes ``past.json``: by release, what is
otherwise than in the release after it. Where a place is null, that release did not have it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from tools import stripe_keys, stripe_shapes

Json = dict[str, Any]


def past(sdks: list[str]) -> Json:
    """Return what each release had otherwise, from the newest to the oldest."""
    after, releases = stripe_shapes.read(stripe_shapes.OBJECTS), {}
    for folder in sdks:
        said = _said(folder)
        differing = {part: _otherwise(said[part], after[part]) for part in after}
        releases[said["version"]] = differing
        after = {part: said[part] for part in after}
    return {"releases": releases}


def _otherwise(then: Json, later: Json) -> Json:
    """Return the places that were otherwise; null stands for one that was not there."""
    places = sorted(then.keys() | later.keys())
    return {place: then.get(place) for place in places if then.get(place) != later.get(place)}


def _said(folder: str) -> Json:
    """Ask an SDK of another age, in a process of its own."""
    path = os.pathsep.join((folder, str(stripe_keys.SHAPES.parents[6])))
    command = [sys.executable, "-m", "tools.stripe_shapes"]
    asked = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, check=True, capture_output=True
    )
    said: Json = json.loads(asked.stdout)
    return said


def written(data: Json) -> str:
    """Write it with a line for each place."""
    releases = (
        f"{json.dumps(version)}: {{\n{_parts(parts)}\n}}"
        for version, parts in data["releases"].items()
    )
    return '{"releases": {\n' + ",\n".join(releases) + "\n}}\n"


def _parts(parts: Json) -> str:
    return ",\n".join(
        f" {json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(place)}: {json.dumps(was)}" for place, was in places.items())
        + "\n }"
        for name, places in parts.items()
    )


if __name__ == "__main__":
    text = written(past(sys.argv[1:]))
    (stripe_keys.SHAPES / "past.json").write_text(text, encoding="utf-8")
