"""The live lane itself, at a server of ours instead of Stripe: that it runs, and says when not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from accrue_core.errors import ConfigurationError
from accrue_fake.wire.stripe.process import StripeProcess
from tests.live import lane
from tests.live.conftest import LANE, NOT_RUN, pytest_collection_modifyitems

A_FEW = (
    "test_it_has_a_name_that_fits_into_an_address",
    "test_a_lost_answer_is_not_a_lost_customer",
    "test_a_deleted_customer_is_gone_in_so_many_words",
    "test_a_lost_answer_is_not_a_lost_card",
    "test_a_coupon_for_once_counts_no_longer",
    "test_a_declined_change_has_changed_nothing",
    "test_a_change_waits_for_the_bank",
    "test_what_was_previewed_is_what_is_charged",
    "test_they_renew_each_in_its_time",
    "test_a_completed_one_brings_what_came_of_it",
    "test_changed_bytes_are_refused",
)
"""One for whatever the bench can do, and one for what it cannot."""


@pytest.fixture(scope="module")
def server() -> Iterator[StripeProcess]:
    with StripeProcess() as process:
        yield process


def run(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the lane as ``make test-live`` does, with these variables and no others of ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ACCRUE_", "PYTEST_"))
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(LANE), *options]
    return subprocess.run(
        command,
        cwd=LANE.parents[2],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_a_key_it_says_that_it_was_not_run_and_fails_whatever_else_was() -> None:
    done = run(f"{__file__}::test_it_does_not_go_on_for_ever")

    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert f"live: {NOT_RUN}" in done.stdout
    assert re.search(r"\n1 passed, [0-9]{3} deselected", done.stdout)
    assert "skipped" not in done.stdout


def test_a_live_key_stops_it_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv(lane.KEY, "sk_live_never")
    session = request.node.getparent(pytest.Session)
    module: Any = pytest.Module.from_parent(session, path=LANE)

    with pytest.raises(pytest.UsageError, match="live key") as refused:
        pytest_collection_modifyitems(request.config, [module])

    assert "sk_live_never" not in str(refused.value)


def test_it_runs_and_takes_everybody_away_again(server: StripeProcess) -> None:
    done = run("-k", " or ".join(A_FEW), **{lane.KEY: "sk_test_lane", lane.BASE: server.origin})

    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert f"{len(A_FEW) - 1} passed, 1 skipped" in done.stdout
    assert "the bench cannot act on a checkout page" in done.stdout
    assert f"requests to {server.origin}, as accrue-contract-run_" in done.stdout
    assert left_at(server, "customers") == []
    assert left_at(server, "test_helpers/test_clocks") == []
    assert len(left_at(server, "prices")) == 3


@pytest.mark.parametrize("key", ["", "  "])
def test_no_key_is_no_account(key: str) -> None:
    assert lane.account_from({lane.KEY: key}) is None
    assert lane.account_from({}) is None


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "pk_test_1", "whsec_1"])
def test_what_is_no_key_of_the_test_mode_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError):
        lane.account_from({lane.KEY: key})


@pytest.mark.parametrize("key", ["sk_test_1", "rk_test_1"])
def test_a_key_is_sent_to_stripe_or_to_this_machine(key: str) -> None:
    account = lane.account_from({lane.KEY: key})
    assert account is not None
    assert (account.api_base, account.livemode) == ("https://api.stripe.com", False)
    with pytest.raises(ConfigurationError):
        lane.account_from({lane.KEY: key, lane.BASE: "https://elsewhere.example"})


def test_it_does_not_go_on_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "MOST_REQUESTS", 2)
    spent = lane.Spent()
    for _ in range(2):
        spent.one_more()
    with pytest.raises(lane.TooMuch):
        spent.one_more()


def left_at(server: StripeProcess, collection: str) -> list[object]:
    """Return what is still there."""
    headers = {"authorization": "Bearer sk_test_lane"}
    url = f"{server.origin}/v1/{collection}"
    with httpx.Client(trust_env=False, headers=headers) as client:
        left: list[object] = client.get(url).json()["data"]
    return left
