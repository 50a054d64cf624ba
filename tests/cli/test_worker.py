"""``accrue worker`` is the embedded runner in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.cli.conftest import Console
from tests.cli.stand_in import EMAIL
from tests.cli.test_listings import read

PATIENCE = 30.0


def test_a_worker_refuses_the_inline_runner(ready: Console) -> None:
    ready.settings["ACCRUE_JOB_RUNNER"] = "inline"

    shown = ready.execute("worker")

    assert shown.returncode == 3
    assert shown.stderr.startswith("accrue: job_runner is 'inline'")
    assert "ACCRUE_JOB_RUNNER" in shown.stderr


def test_a_worker_refuses_an_outdated_schema(empty: Console) -> None:
    shown = empty.execute("worker")

    assert shown.returncode == 3
    assert "run 'accrue database upgrade'" in shown.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_one_process_received_a_worker_dispatches(
    ready: Console, number: signal.Signals
) -> None:
    ready.settings["ACCRUE_POLL_INTERVAL"] = "0.05"
    worker = ready.start("worker")

    ready.receive("cus_1")
    wait_until(worker, lambda: statuses(ready) == ["done"])
    worker.send_signal(number)
    _, log = worker.communicate(timeout=PATIENCE)

    assert worker.returncode == 0
    started, stopped = log.splitlines()
    assert "worker started: runner embedded, processors standin" in started
    assert "worker stopped" in stopped
    assert EMAIL not in log
    assert json.loads(ready.run("ledger", "verify", "--json").stdout)["entries"] == 1


def test_a_worker_told_to_stop_finishes_what_it_has_claimed(ready: Console) -> None:
    ready.receive("slow_1")
    worker = ready.start("worker")

    wait_until(worker, lambda: statuses(ready) == ["running"])
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=PATIENCE)

    assert worker.returncode == 0
    assert statuses(ready) == ["done"]


def test_a_second_signal_ends_it_at_once(ready: Console) -> None:
    ready.receive("slow_1")
    worker = ready.start("worker")

    wait_until(worker, lambda: statuses(ready) == ["running"])
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=PATIENCE)

    assert worker.returncode == -signal.SIGTERM
    assert statuses(ready) == ["running"]


def statuses(console: Console) -> list[str]:
    listed = read(console.run("webhooks", "list", "--json"))
    return [delivery["status"] for delivery in listed["deliveries"]]


def wait_until(worker: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert worker.poll() is None, worker.communicate()[1]
        assert time.monotonic() < deadline, "the worker did nothing"
        time.sleep(0.02)
