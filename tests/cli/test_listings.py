"""What can be looked at, and what may not be seen."""

from __future__ import annotations

import json
import time
from typing import Any

from click.testing import Result

from accrue_core import Accrue, Owner
from accrue_core.errors import ProcessorUnavailable
from tests.cli.conftest import Console
from tests.cli.stand_in import EMAIL, Offered, StandIn

QUICK = {"ACCRUE_LEASE": "0.2", "ACCRUE_CALL_DEADLINE": "0.1"}


def test_plugins_name_their_source_and_their_hooks(ready: Console) -> None:
    shown = ready.run("plugins")
    document = read(ready.run("plugins", "--json"))

    assert "processors: standin" in shown.stdout
    assert document["processors"] == ["standin"]
    by_name = {plugin["name"]: plugin for plugin in document["plugins"]}
    assert by_name["offered_by_the_test"]["source"] == "the host"
    assert "register_processors" in by_name["offered_by_the_test"]["hooks"]
    assert by_name["closed_auth"]["source"].startswith("accrue-core ")
    assert "fake" not in by_name


def test_capabilities_are_labelled_honestly(ready: Console) -> None:
    shown = ready.run("capabilities")
    document = read(ready.run("capabilities", "--json"))

    rows = [line.split() for line in shown.stdout.splitlines()[1:] if " " in line]
    levels = {row[0]: row[1] for row in rows}
    assert levels["cancel_now"] == "native"
    assert levels["cancel_at_date"] == "bounded"
    assert levels["attach_payment_method"] == "test-only"
    assert levels["collect_by_invoice"] == "unsupported"
    assert "standin, cancel_at_date: to the day" in shown.stdout
    support = {row["capability"]: row["support"]["standin"] for row in document["capabilities"]}
    assert support["cancel_at_date"] == {"level": "bounded", "condition": "to the day"}
    assert support["cancel_now"] == {"level": "native", "condition": None}


def test_deliveries_are_listed_by_page_and_status_without_their_bodies(ready: Console) -> None:
    ready.receive("cus_1", "missing_2", "cus_3")
    ready.drain()

    everything = read(ready.run("webhooks", "list", "--json"))
    dead = read(ready.run("webhooks", "list", "--status", "dead", "--json"))
    first = read(ready.run("webhooks", "list", "--limit", "2", "--json"))
    rest = read(ready.run("webhooks", "list", "--before", first["next"], "--json"))
    table = ready.run("webhooks", "list", "--limit", "2")

    assert objects(everything) == ["cus_3", "missing_2", "cus_1"]
    assert [d["status"] for d in everything["deliveries"]] == ["done", "dead", "done"]
    assert objects(dead) == ["missing_2"]
    assert dead["deliveries"][0]["last_error"].startswith("remote_missing")
    assert objects(first) + objects(rest) == ["cus_3", "missing_2", "cus_1"]
    assert rest["next"] is None
    assert EMAIL not in json.dumps(everything)
    assert not {"body", "lease_token"} & set(everything["deliveries"][0])
    heading, *rows = table.stdout.splitlines()
    assert [row.index("standin") for row in rows] == [heading.index("PROCESSOR")] * 2
    assert f"--before {first['next']}" in table.stderr
    assert EMAIL not in table.output


def test_deliveries_are_replayed_by_status_and_by_id(ready: Console) -> None:
    ready.receive("cus_1", "missing_2")
    ready.drain()
    done, dead = (
        read(ready.run("webhooks", "list", "--status", status, "--json"))["deliveries"][0]["id"]
        for status in ("done", "dead")
    )

    by_status = ready.run("webhooks", "replay")
    ready.drain()
    by_id = ready.run("webhooks", "replay", done, "awhd_nonsense", dead)
    waiting = read(ready.run("webhooks", "list", "--status", "waiting", "--json"))

    assert by_status.stdout == "queued 1 dead delivery\n"
    assert by_id.exit_code == 4
    assert by_id.stdout == "queued 2 deliveries\n"
    assert by_id.stderr == "accrue: no delivery awhd_nonsense\n"
    assert sorted(objects(waiting)) == ["cus_1", "missing_2"]


def test_what_never_arrived_is_asked_for(ready: Console) -> None:
    assert ready.run("webhooks", "catch-up").stdout == "queued 2 deliveries that had not come\n"
    ready.drain()

    assert read(ready.run("webhooks", "catch-up", "--days", "30", "--json")) == {"queued": 0}
    done = read(ready.run("webhooks", "list", "--status", "done", "--json"))
    assert sorted(objects(done)) == ["cus_1", "cus_2"]


def test_wrong_words_are_wrong_usage(ready: Console) -> None:
    for arguments in (
        ["webhooks", "list", "--status", "lost"],
        ["webhooks", "list", "--limit", "0"],
        ["webhooks", "replay", "awhd_x", "--status", "dead"],
        ["webhooks", "catch-up", "--days", "0"],
        ["operations", "list", "--status", "lost"],
    ):
        assert ready.run(*arguments).exit_code == 2, arguments


def test_an_operation_whose_answer_was_lost_is_listed_and_recovered(ready: Console) -> None:
    ready.settings.update(QUICK)
    lose_an_answer(ready)

    opened = read(ready.run("operations", "list", "--json"))
    recovered = ready.execute("operations", "recover", "--json")
    again = ready.run("operations", "recover")
    stuck = ready.run("operations", "list", "--status", "stuck")

    (operation,) = opened["operations"]
    assert (operation["method"], operation["status"]) == ("customers.create", "open")
    assert not {"request", "personal", "refusal"} & set(operation)
    assert json.loads(recovered.stdout)["recovered"]["stuck"] == 1
    assert "--status stuck" in recovered.stderr
    assert again.stdout == "nothing to recover\n"
    assert operation["id"] in stuck.stdout


def test_a_handler_s_dead_runs_are_replayed(ready: Console) -> None:
    class Hopeless:
        name, types = "hopeless", frozenset({"*"})

        def handle(self, *given: object, **more: object) -> None:
            raise LookupError

    ready.settings["ACCRUE_MAX_ATTEMPTS"] = "1"
    ready.receive("cus_1")
    ready.drain(plugin=Offered([StandIn()], handlers=[Hopeless()]))

    assert ready.run("handlers", "replay").stdout == "queued 1 dead handler run\n"
    assert read(ready.run("handlers", "replay", "--json")) == {"queued": 0}


def lose_an_answer(console: Console) -> None:
    """Leave an operation open whose lease has ended."""

    async def work(accrue: Accrue) -> None:
        try:
            await accrue.billing.customer(Owner("team", "42"))
        except ProcessorUnavailable:
            return
        raise AssertionError("the stand-in answered")

    console.inside(work)
    time.sleep(float(console.settings["ACCRUE_LEASE"]) * 1.5)


def read(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def objects(document: dict[str, Any]) -> list[str]:
    return [delivery["object_ref"] for delivery in document["deliveries"]]
