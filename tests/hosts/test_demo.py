"""The demonstration host as people start it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.hosts.demo_host import (
    ADDRESS,
    MAIN,
    PATIENCE,
    Demos,
    browser,
    copy_of_the_year,
    form,
    read_until,
    ready,
    seeding,
    sign_in,
    stop,
    submit,
)
from tests.stripe.send_event import event, signed
from tests.stripe.stand_in import StandIn, objects_in, served

STRIPE_OBJECTS = MAIN.parents[1] / "stripe_objects.json"
LAST_DAY, NEXT_MONTH = "21 Nov 2026", "21 Dec 2026"


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[Demos]:
    """Start hosts in an empty folder."""
    demos = Demos(tmp_path / "demo")
    yield demos
    demos.end()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Demos]:
    """Start hosts in a folder in which the year has been played."""
    demos = Demos(copy_of_the_year(tmp_path / "demo"))
    yield demos
    demos.end()


def test_the_first_start_plays_a_year_and_says_what_there_is() -> None:
    folder, said = seeding()

    assert {path.name for path in folder.iterdir()} >= {"accrue.sqlite3", "processor.json"}
    assert [int(part) for part in re.findall(r"(\d+) %", said)] == [25, 50, 75, 100]
    assert "The ledger is intact" in said
    for person, how in (
        ("Sofia Reyes", "Free plan"),
        ("Ines Moreau", "Pro is paid"),
        ("Tomasz Nowak", "Trial until 26 Nov 2026"),
        ("Amara Okafor", "Payment failed"),
        ("Lucas Brandt", "Ends 17 Dec 2026"),
    ):
        assert re.search(rf"{person} .* {how}", said), said
    assert not re.search("Traceback|WARNING|ERROR", said)


def test_a_restart_goes_on_from_where_it_stood(kept: Demos) -> None:
    process = kept.start()
    with browser(ready(process)) as client:
        sign_in(client, "lucas")
        assert "Pro is paid" in submit(client, "/settings", "/subscription/keep").text
        submit(client, "/", "/demo/clock", step="month")
        assert NEXT_MONTH in arrived(client).text
        tab, cookies = client.get("/plans").text, client.cookies
    stop(process)

    again = kept.start()
    began = time.monotonic()
    url = read_until(again, ADDRESS)[1]
    read_until(again, "Kept from the last start: it is 21 December 2026")
    assert time.monotonic() - began < 20
    with browser(url) as client:
        page = sign_in(client, "lucas").text
        assert "It renews on 17 January 2027" in page
        assert NEXT_MONTH in page
    with httpx.Client(base_url=url, cookies=cookies, trust_env=False) as client:
        answer = client.post("/sign-in", data={**form(tab, "/demo/clock"), "person": "ines"})
        assert answer.status_code == 303, "a page that was open before the restart still works"
    stop(again)


def test_a_reset_begins_anew(kept: Demos) -> None:
    process = kept.start(RESET="1")

    read_until(process, "is made anew: as you asked")
    read_until(process, "A year of business passes")
    said = stop(process)
    assert "Ended before the seeding was complete" in said
    assert not (kept.folder / "processor.json").exists()


def test_a_start_that_was_killed_while_it_was_seeding_begins_anew(demos: Demos) -> None:
    process = demos.start()
    read_until(process, "25 %")
    process.kill()
    process.wait()

    said, _ = (again := demos.start("--once")).communicate(timeout=PATIENCE)
    assert again.returncode == 0, said
    assert "is made anew: it was never completed" in said
    assert same_business(said) == same_business(seeding()[1])


def test_visitors_see_how_far_the_seeding_is(demos: Demos) -> None:
    process = demos.start()
    url = read_until(process, ADDRESS)[1]

    with browser(url) as client:
        page = client.get("/plans")
        assert page.status_code == 503
        assert "A year of business is passing" in page.text
        assert client.get("/static/style.css").status_code == 200
        assert client.post("/sign-in", data={"person": "ines"}).status_code in (403, 503)
    stop(process)


@pytest.mark.parametrize("seconds", [0.01, 0.3])
def test_killed_in_the_middle_it_heals_by_itself(kept: Demos, seconds: float) -> None:
    process = kept.start()
    url = ready(process)
    with browser(url) as client:
        sign_in(client, "sofia")
        page = client.get("/plans").text
        opened = client.post("/checkout", data=form(page, "/checkout"))
        hosted = opened.headers["location"]
        given = form(client.get(hosted).text, hosted.removeprefix(url))
        client.post(hosted, data={**given, "card": "pm_card_visa"})
        moving = form(page, "/demo/clock") | {"step": "month"}
        with suppress(httpx.TimeoutException):
            client.post("/demo/clock", data=moving, timeout=seconds)
    process.kill()
    process.wait()

    again = kept.start()
    url = read_until(again, ADDRESS)[1]
    read_until(again, "The ledger is intact")
    read_until(again, "Ctrl-C")
    with browser(url) as client:
        home = sign_in(client, "sofia").text
        assert re.search("Free until 5 December 2026|Pro is paid", home)
        assert eventually(lambda: has_nothing_to_do(client))
    stop(again)


def test_books_that_do_not_belong_to_the_database_are_said_plainly(kept: Demos) -> None:
    process = kept.start()
    with browser(ready(process)) as client:
        sign_in(client, "sofia")
        client.post("/checkout", data=form(client.get("/plans").text, "/checkout"))
    stop(process)
    shutil.copy(seeding()[0] / "processor.json", kept.folder)

    said, _ = (torn := kept.start("--once")).communicate(timeout=PATIENCE)
    assert torn.returncode == 1
    assert "cannot go on: the database has customers that the fake processor does not know" in said
    assert "RESET=1" in said
    assert "Traceback" not in said


def test_one_folder_is_used_by_one_process(kept: Demos) -> None:
    process = kept.start()
    url = ready(process)

    said, _ = (second := kept.start()).communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert f"is already running at {url}" in said
    stop(process)


def test_a_port_that_is_taken_is_left_alone(kept: Demos) -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        taken = int(occupied.getsockname()[1])
        process = kept.start(port=taken)
        other = read_until(process, rf"Port {taken} is taken; using (\d+)")[1]
        url = ready(process)

        assert url.endswith(f":{other}")
        with browser(url) as client:
            assert client.get("/").status_code == 200
        stop(process)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(["--twice"], {}), ([], {"PORT": "http"}), ([], {"ACCRUE_DEMO_ORGANIZATIONS": "4000"})],
)
def test_wrong_words_are_answered_with_the_right_ones(
    demos: Demos, arguments: list[str], variables: dict[str, str]
) -> None:
    environment = {"PATH": "", "ACCRUE_DEMO_FOLDER": str(demos.folder), **variables}
    ran = subprocess.run(
        [sys.executable, str(MAIN), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 2
    assert "ACCRUE_DEMO_ORGANIZATIONS" in ran.stderr
    assert not demos.folder.exists()


def test_an_account_at_stripe_may_stand_beside_the_fake(kept: Demos) -> None:
    objects = objects_in(STRIPE_OBJECTS)
    with served(StandIn(lambda: objects)) as stripe:
        process = kept.start(
            ACCRUE_STRIPE_API_KEY="sk_test_demo",
            ACCRUE_STRIPE_WEBHOOK_SECRETS="whsec_demo",
            ACCRUE_STRIPE_API_BASE=stripe,
        )
        with browser(ready(process)) as client:
            sign_in(client, "sofia")
            assert client.get("/reports").status_code == 303

            now = int(time.time())
            told = event("customer.subscription.updated", objects[0], ref="evt_demo", created=now)
            body = httpx.Response(200, json=told).text
            headers = signed(body, "whsec_demo", at=now)
            door = "/billing/webhooks/stripe"
            assert client.post(door, content=body, headers=headers).status_code == 200

            assert eventually(lambda: client.get("/reports").status_code == 200)
            page = client.get("/").text
            assert "Pro is paid" in page
            assert "It renews on 1 December 2026" in page
        stop(process)


def same_business(said: str) -> list[str]:
    """Return what a start says about the business: the same, whenever it was played."""
    return [line for line in said.splitlines() if re.search(r"customers|ledger|^  \w", line)]


def arrived(client: httpx.Client) -> httpx.Response:
    """Follow the progress page to its end."""
    assert eventually(lambda: client.get("/demo/clock").status_code == 303)
    return client.get("/")


def has_nothing_to_do(client: httpx.Client) -> bool:
    state = client.get("/billing/health/ready").json()
    return bool(state == {"status": "ready", "deliveries": {}, "dead_jobs": 0})


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait, bounded, until something holds."""
    deadline = time.monotonic() + 40
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
