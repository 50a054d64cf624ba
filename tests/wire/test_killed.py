"""A server that is killed while it is asked: what it has said is true afterwards."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import stripe

from accrue_fake.wire.stripe.process import KEY, StripeProcess
from tests.wire.test_served import client, listening, wait_for

KILLS = 3
NOBODY = "http://127.0.0.1:1/hooks"
BURST = 0.4
"""Seconds between two kills, in which customers are created as fast as they can be."""


class Crowd:
    """Asks one process for customers, each under a key of its own, and believes what it is told."""

    def __init__(self, process: StripeProcess) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self.told: dict[str, str] = {}
        self.unsure: set[str] = set()
        self.is_over = threading.Event()

    def create(self, line: httpx.Client, name: str) -> None:
        """Ask for one customer, under its name as the key; a dead line is no answer."""
        answer = line.post(
            f"{self._process.origin}/v1/customers",
            data={"name": name},
            headers={"authorization": f"Bearer {KEY}", "idempotency-key": name},
        )
        assert answer.status_code == 200, answer.text
        before = self.told.setdefault(name, answer.json()["id"])
        assert answer.json()["id"] == before

    def work(self) -> None:
        """Create customers until it is over."""
        with httpx.Client(trust_env=False) as line:
            while not self.is_over.is_set():
                name = f"customer-{next(self._numbers)}"
                try:
                    self.create(line, name)
                except httpx.TransportError:
                    self.unsure.add(name)
                    time.sleep(0.1)


def test_a_kill_in_a_burst_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    process = StripeProcess(books=tmp_path / "books")
    process.start()
    crowd = Crowd(process)
    try:
        with ThreadPoolExecutor(4) as threads:
            working = [threads.submit(crowd.work) for _ in range(4)]
            for _ in range(KILLS):
                time.sleep(BURST)
                process.kill()
                process.start()
            crowd.is_over.set()
            for one in working:
                one.result()
        with httpx.Client(trust_env=False) as line:
            for name in (*crowd.told, *crowd.unsure):
                crowd.create(line, name)
        listed = client(process).v1.customers.list({"limit": 100}).auto_paging_iter()
        there = {str(one.name): one.id for one in listed}
    finally:
        process.stop()

    assert there == crowd.told
    assert len(crowd.told) > 10


def test_webhooks_that_are_owed_outlive_a_kill(tmp_path: Path) -> None:
    process = StripeProcess(books=tmp_path / "books")
    process.start()
    try:
        with listening() as (url, taken):
            endpoints = client(process).v1.webhook_endpoints
            endpoint = endpoints.create({"url": NOBODY, "enabled_events": ["customer.created"]})
            client(process).v1.customers.create({"name": "owed"})
            process.kill()
            process.start()
            client(process).v1.webhook_endpoints.update(endpoint.id, {"url": url})
            wait_for(taken, "customer.created")
    finally:
        process.stop()

    [(body, signature)] = taken
    event = stripe.Webhook.construct_event(body, signature, endpoint.secret or "")
    assert event.type == "customer.created"


def test_a_process_that_was_stopped_leaves_no_journal(tmp_path: Path) -> None:
    with StripeProcess(books=tmp_path / "books") as process:
        client(process).v1.customers.create()
        assert (tmp_path / "books.journal").exists()

    assert [path.name for path in tmp_path.iterdir()] == ["books"]
