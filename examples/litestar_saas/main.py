"""Start the demonstration host: ``make demo``.

Serves Fieldnotes on the loopback, lets one organization's year pass before your eyes, verifies
the ledger, and stays up until Ctrl-C. With ``--once`` (or ACCRUE_DEMO_ONCE=1) it ends after the
story.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # Run as a file, Python looks for modules beside it; this one lives in a package.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from examples.litestar_saas.demo import Demo, Options

_REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    """Return the exit code: 0 in good order, 1 when the story or the server failed."""
    unknown = [argument for argument in sys.argv[1:] if argument != "--once"]
    port = os.environ.get("PORT") or "8000"
    if unknown or not port.isdigit() or int(port) > 65535:
        print("usage: PORT=8000 main.py [--once]", file=sys.stderr)
        return 2
    options = Options(
        port=int(port),
        folder=Path(os.environ.get("ACCRUE_DEMO_FOLDER") or _REPOSITORY / ".demo"),
        is_once="--once" in sys.argv or os.environ.get("ACCRUE_DEMO_ONCE") == "1",
    )
    try:
        return asyncio.run(Demo(options).run())
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
