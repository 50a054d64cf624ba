"""``accrue ledger verify`` tells an intact ledger from one that somebody edited."""

from __future__ import annotations

import json

from tests.cli.conftest import Console
from tests.cli.tampering import remove_guards, rewrite_an_entry


def test_an_intact_ledger_is_counted(ready: Console) -> None:
    ready.receive("cus_1", "cus_2")
    ready.drain()

    shown = ready.execute("ledger", "verify")
    document = json.loads(ready.run("ledger", "verify", "--json").stdout)

    assert shown.returncode == 0
    assert shown.stdout == "verified 2 entries in 2 chains: intact\n"
    assert document == {"entries": 2, "chains": 2, "is_intact": True, "breaks": []}


def test_an_edited_entry_is_named_and_costs_code_10(ready: Console) -> None:
    ready.receive("cus_1", "cus_2")
    ready.drain()
    ready.inside(remove_guards)
    entry = ready.inside(rewrite_an_entry)

    shown = ready.execute("ledger", "verify")
    document = json.loads(ready.run("ledger", "verify", "--json").stdout)

    assert shown.returncode == 10
    assert shown.stdout.startswith("verified 2 entries in 2 chains: 1 chain broken\n")
    assert entry in shown.stdout
    assert document["is_intact"] is False
    (broken,) = document["breaks"]
    assert (broken["entry_id"], broken["sequence"]) == (entry, 1)
