"""``accrue doctor`` names what is wrong, why, and the fix, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert

from accrue_core import Accrue
from accrue_core.contracts.checks import Finding
from accrue_core.db.leases import JobStatus
from accrue_core.ids import PREFIXES, to_text
from accrue_core.outbox.models import jobs
from tests.cli.conftest import Console, Work
from tests.cli.tampering import disable_guards, remove_guards, soften_guards, unguarded
from tests.cli.test_listings import QUICK, lose_an_answer
from tests.cli.test_program import install_broken_plugin
from tests.services.lanes import on_postgres

TWO_PROCESSORS = """\
from accrue_core import Accrue, Settings
from tests.cli.stand_in import Offered, StandIn

accrue = Accrue(Settings.from_env(), plugins=[Offered([StandIn(), StandIn("second")])])
"""


def test_a_sound_deployment_passes_with_one_finding_a_line(ready: Console) -> None:
    shown = ready.execute("doctor")

    assert shown.returncode == 0, shown.stdout
    lines = [line.split(maxsplit=2) for line in shown.stdout.splitlines()]
    assert [check for _, check, _ in lines] == [
        "app", "plugins", "processors", "auth", "runner", "commands", "database", "schema",
        "ledger", "deliveries", "jobs", "handlers", "operations",
    ]  # fmt: skip
    assert {check for outcome, check, _ in lines if outcome != "ok"} == {"auth"}


def test_a_closed_door_is_a_warning_that_says_403(ready: Console) -> None:
    (finding,) = findings(ready, "auth")

    assert finding["outcome"] == "warning"
    assert "403" in finding["finding"]
    assert "ACCRUE_AUTH" in finding["fix"]


def test_without_settings_it_says_so_and_goes_no_further(console: Console) -> None:
    shown = console.execute("doctor")

    assert shown.returncode == 11
    assert len(shown.stdout.splitlines()) == 1
    assert "ACCRUE_DATABASE_URL is not set" in shown.stdout


def test_an_outdated_schema_is_a_failure_with_the_command_that_mends_it(empty: Console) -> None:
    empty.inside(lambda accrue: _connect(accrue))

    (finding,) = findings(empty, "schema")

    assert finding["outcome"] == "failure"
    assert finding["fix"] == "run 'accrue database upgrade'"


def test_processors_that_are_installed_and_not_configured_are_named(ready: Console) -> None:
    del ready.settings["ACCRUE_APP"]
    ready.settings["ACCRUE_PLUGINS_DISABLED"] = "fake"

    (finding,) = findings(ready, "processors")

    assert finding["outcome"] == "failure"
    assert "stripe" in finding["why"]


def test_a_configured_processor_shows_no_key(ready: Console) -> None:
    del ready.settings["ACCRUE_APP"]
    ready.settings.update(
        ACCRUE_PLUGINS_DISABLED="fake",
        ACCRUE_STRIPE_API_KEY="sk_test_hunter2",
        ACCRUE_STRIPE_WEBHOOK_SECRETS="whsec_hunter3",
    )

    shown = ready.run("doctor", "--json")
    (finding,) = findings(ready, "processors")

    assert finding["outcome"] == "ok"
    assert finding["finding"].startswith("configured: stripe;")
    assert "hunter" not in shown.output


def test_several_processors_without_a_default_are_a_warning(ready: Console) -> None:
    ready.settings["ACCRUE_APP"] = ready.host(TWO_PROCESSORS)

    outcomes = [finding["outcome"] for finding in findings(ready, "processors")]

    assert outcomes == ["ok", "warning"]


def test_a_runner_that_works_inside_calls_is_a_warning(ready: Console) -> None:
    ready.settings["ACCRUE_JOB_RUNNER"] = "inline"

    assert [finding["outcome"] for finding in findings(ready, "runner")] == ["warning"]


def test_a_broken_plugin_does_not_hide_the_database(ready: Console) -> None:
    install_broken_plugin(ready.folder)
    ready.settings["PYTHONPATH"] = f"{ready.environment['PYTHONPATH']}:{ready.folder}"
    del ready.settings["ACCRUE_APP"]

    shown = ready.execute("doctor", "--json")

    found = {finding["check"]: finding for finding in json.loads(shown.stdout)["findings"]}
    assert shown.returncode == 11
    assert "sorry" in found["plugins"]["finding"]
    assert "ACCRUE_PLUGINS_DISABLED" in found["plugins"]["fix"]
    assert found["schema"]["outcome"] == "ok"


def test_commands_of_one_name_are_a_failure(ready: Console) -> None:
    ready.settings["ACCRUE_APP"] = ready.host(
        TWO_PROCESSORS.replace(
            'Offered([StandIn(), StandIn("second")])',
            'Offered([StandIn()], commands=[__import__("click").Command("worker")])',
        )
    )

    (finding,) = findings(ready, "commands")

    assert finding["outcome"] == "failure"
    assert "'worker'" in finding["finding"]


CHECKS = """
class Look:
    name = "look"

    def offline(self):
        return [Finding(check="look", finding="all in its place")]

    async def online(self):
        raise ProcessorMisconfigured("the key is not accepted")


class Checks:
    plugin_name = "checks"

    @hookimpl
    def register_checks(self):
        return [Look()]
"""


def test_plugins_have_checks_of_their_own_and_ask_only_when_told_to(ready: Console) -> None:
    imports = (
        "from accrue_core import hookimpl\n"
        "from accrue_core.contracts.checks import Finding\n"
        "from accrue_core.errors import ProcessorMisconfigured\n"
    )
    host = TWO_PROCESSORS.replace("accrue = ", f"{imports}{CHECKS}\n\naccrue = ")
    two, one = '[Offered([StandIn(), StandIn("second")])]', "[Offered([StandIn()]), Checks()]"
    ready.settings["ACCRUE_APP"] = ready.host(host.replace(two, one))

    offline, online = findings(ready, "look"), findings(ready, "look", "--online")

    assert [finding["finding"] for finding in offline] == ["all in its place"]
    assert [finding["outcome"] for finding in online] == ["ok", "failure"]
    assert "not accepted" in online[1]["finding"]


def test_missing_triggers_are_a_failure(ready: Console) -> None:
    assert ready.inside(unguarded) == []
    ready.inside(remove_guards)

    (finding,) = findings(ready, "ledger")

    assert finding["outcome"] == "failure"
    assert all(name in finding["finding"] for name in ready.inside(unguarded))
    assert len(ready.inside(unguarded)) == 2


@on_postgres
@pytest.mark.parametrize("harm", [disable_guards, soften_guards])
def test_triggers_that_guard_nothing_count_as_missing(
    ready: Console, harm: Work[None], database_kind: str
) -> None:
    ready.inside(harm)

    assert len(ready.inside(unguarded)) == 2


def test_what_was_given_up_is_a_failure_with_the_command_to_repeat_it(ready: Console) -> None:
    ready.settings.update(QUICK)
    ready.receive("missing_1", "missing_2")
    ready.drain()
    ready.inside(_bury_a_job)
    lose_an_answer(ready)
    ready.run("operations", "recover")

    deliveries, given_up, operations = (
        findings(ready, check)[0] for check in ("deliveries", "jobs", "operations")
    )

    assert {f["outcome"] for f in (deliveries, given_up, operations)} == {"failure"}
    assert deliveries["finding"] == "2 deliveries given up"
    assert "accrue webhooks replay" in deliveries["fix"]
    assert given_up["finding"] == "1 promised job given up"
    assert "accrue jobs replay" in given_up["fix"]
    assert operations["finding"] == "1 operation stuck"
    assert "--status stuck" in operations["fix"]
    assert ready.run("jobs", "replay").stdout == "queued 1 dead job\n"
    assert findings(ready, "jobs")[0]["outcome"] == "ok"


@pytest.mark.parametrize("outcome", ["ok", "warning", "failure"])
def test_a_finding_is_one_sentence(outcome: Any) -> None:
    finding = Finding(check="x", outcome=outcome, finding="it is so", why="because", fix="do it")

    assert str(finding) == "it is so; because; fix: do it"


def findings(console: Console, check: str, *options: str) -> list[dict[str, str]]:
    shown = console.run("doctor", "--json", *options)
    document = json.loads(shown.stdout)
    has_failed = any(f["outcome"] == "failure" for f in document["findings"])
    assert document["has_failed"] is has_failed
    assert shown.exit_code == (11 if has_failed else 0)
    return [finding for finding in document["findings"] if finding["check"] == check]


async def _connect(accrue: Accrue) -> None:
    """Touch the database, so that SQLite's file is there and empty."""
    async with accrue.runtime.engines().writing.connect():
        pass


async def _bury_a_job(accrue: Accrue) -> None:
    async with accrue.billing.transaction("test") as tx:
        await tx.execute(
            insert(jobs).values(
                id=to_text(PREFIXES["job"], tx.stamp.ids.new()),
                name="publish",
                payload={},
                status=JobStatus.DEAD,
            )
        )
