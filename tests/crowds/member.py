"""One of several processes that do the same thing at the same moment.

It says when it is ready, waits for a line, makes its calls all at once, and prints what became of
each: an id, or the code of the error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from accrue_core import Accrue, Owner
from accrue_core.errors import AccrueError
from tests.kill.zygote import hosted_accrue


async def attempt(accrue: Accrue, job: dict[str, Any], number: int) -> dict[str, str]:
    """Make one call; a call that may be repeated is repeated until it is answered for good."""
    billing, owner = accrue.billing, Owner("team", job["owner"])
    key = job["operation_id"] or f"{job['member']}-{number}"
    try:
        if job["verb"] == "customer":
            return {"id": (await billing.customer(owner)).id}
        if job["verb"] == "cancel":
            when = "now" if (job["member"] + number) % 2 else "period_end"
            found = await billing.cancel(job["subscription"], when=when, operation_id=key)
            return {"id": found.id, "when": when}
        return {"id": (await billing.subscribe(owner, "pro", operation_id=key)).value.id}
    except AccrueError as error:
        return {"error": error.code}


async def main(job: dict[str, Any]) -> None:
    """Warm up, wait for the signal, call."""
    accrue = hosted_accrue(job["database_url"], job["socket"])
    try:
        await accrue.billing.has_active_plan(Owner("team", "nobody"))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        calls = (attempt(accrue, job, number) for number in range(job["calls"]))
        outcomes = await asyncio.gather(*calls)
        sys.stdout.write(json.dumps(outcomes) + "\n")
        sys.stdout.flush()
    finally:
        await accrue.runtime.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
