"""Every error has a deliberate place in each table over the tree."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core import errors
from accrue_core.errors import AccrueError
from accrue_core.http.problems import STATUSES, encoded, problem, status_of
from accrue_core.outbox.retry import FIRST_WAIT, LONGEST_WAIT, describe, next_wait

AGAIN, BURY = True, False
ARGUMENTS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "UnknownChoice": ((), {"setting": "mailer", "choice": "smtp", "installed": ["console"]}),
    "MissingSetting": (("ACCRUE_X",), {"why": "needed"}),
    "DatabaseUnavailable": (("sqlite",), {}),
    "IllegalTransition": (
        (),
        {"verb": "keep", "noun": "subscription", "status": "canceled", "allowed": frozenset()},
    ),
    "OperationInProgress": (("command:asub_1",), {"operation_id": "op_1"}),
    "UnsupportedCapability": ((), {"processor": "fake", "capability": "keep"}),
    "CardDeclined": ((), {"reason": "expired_card"}),
    "TaxLocationInvalid": ((), {}),
    "RemoteMissing": ((), {"noun": "customer", "ref": "cus_1"}),
    "ProcessorUnavailable": (("no answer",), {"operation_id": "op_1"}),
    "UnknownVocabulary": ((), {"where": "status", "word": "frozen"}),
}

EXPECTED = {
    # error                    status  retryable  a job that meets it
    "AccrueError":             (500, False, AGAIN),
    "ConfigurationError":      (500, False, BURY),
    "PluginConflict":          (500, False, BURY),
    "PluginBroken":            (500, False, BURY),
    "UnknownChoice":           (500, False, BURY),
    "MissingSetting":          (500, False, BURY),
    "SchemaOutdated":          (500, False, BURY),
    "DatabaseUnavailable":     (503, True,  AGAIN),
    "InvalidRequest":          (422, False, BURY),
    "CurrencyMismatch":        (422, False, BURY),
    "UnknownPlan":             (422, False, BURY),
    "NotFound":                (404, False, BURY),
    "Conflict":                (409, False, AGAIN),
    "IllegalTransition":       (409, False, AGAIN),
    "OperationMismatch":       (409, False, BURY),
    "PreviewStale":            (409, False, BURY),
    "OperationInProgress":     (409, True,  AGAIN),
    "OperationAbandoned":      (409, False, BURY),
    "UnsupportedCapability":   (422, False, BURY),
    "NotAllowed":              (403, False, AGAIN),
    "StepUpRequired":          (403, False, AGAIN),
    "SignatureInvalid":        (400, False, AGAIN),
    "WebhookUnreadable":       (400, False, AGAIN),
    "ProcessorError":          (502, False, AGAIN),
    "CardDeclined":            (402, False, BURY),
    "ProcessorRejected":       (422, False, BURY),
    "TaxLocationInvalid":      (422, False, BURY),
    "RemoteMissing":           (422, False, BURY),
    "NotAsked":                (503, True,  AGAIN),
    "ProcessorMisconfigured":  (500, False, AGAIN),
    "RateLimited":             (503, True,  AGAIN),
    "ProcessorUnreachable":    (503, True,  AGAIN),
    "ProcessorUnavailable":    (503, True,  AGAIN),
    "UnknownVocabulary":       (502, False, BURY),
    "CalledInsideTransaction": (500, False, BURY),
    "BridgeError":             (500, False, BURY),
}  # fmt: skip


def tree(root: type[AccrueError] = AccrueError) -> list[type[AccrueError]]:
    """Return every error of core, parents first."""
    found = [root] if root.__module__ == errors.__name__ else []
    return found + [error for child in root.__subclasses__() for error in tree(child)]


def made(kind: type[AccrueError]) -> AccrueError:
    positional, named = ARGUMENTS.get(kind.__name__, (("it went wrong",), {}))
    return kind(*positional, **named)


def test_every_error_of_the_tree_has_a_line_in_the_table() -> None:
    assert {error.__name__ for error in tree()} == set(EXPECTED)
    declared = {
        value.__name__
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, AccrueError)
    }
    assert declared == set(EXPECTED)


def test_codes_are_unique_stable_words() -> None:
    codes = [error.code for error in tree()]
    assert len(set(codes)) == len(codes)
    for error in tree():
        assert "code" in vars(error), f"{error.__name__} repeats its parent's code"
        assert error.code.replace("_", "").isalpha()
        assert error.code.islower()
        assert error.__doc__


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_each_error_has_its_status_and_says_whether_to_try_again(kind: type[AccrueError]) -> None:
    status, retryable, _ = EXPECTED[kind.__name__]
    error = made(kind)
    answered, body = problem(error)
    assert status_of(kind) == answered == body["status"] == status
    assert body["retryable"] == retryable == kind.retryable
    assert body["type"] == f"urn:accrue:error:{kind.code}"
    assert ("detail" in body) == (status < 500 or kind is errors.ProcessorUnavailable)
    assert body.get("operation_id") == getattr(error, "operation_id", None)
    assert b"urn:accrue:error" in encoded(body)


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_each_error_is_itself_again_in_another_process(kind: type[AccrueError]) -> None:
    error = made(kind)
    there = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(there) is kind
    assert (str(there), there.args, vars(there)) == (str(error), error.args, vars(error))


def test_only_errors_of_the_tree_are_in_the_table_of_statuses() -> None:
    assert set(STATUSES) <= set(tree())
    assert STATUSES[AccrueError] == 500


def test_an_error_of_a_plugin_is_answered_like_its_parent() -> None:
    class Expired(errors.CardDeclined):
        code = "expired"

    assert status_of(Expired) == 402


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_a_job_that_meets_an_error_is_tried_again_or_buried_on_purpose(
    kind: type[AccrueError],
) -> None:
    wait = next_wait(made(kind), 1, max_attempts=12)
    assert (wait is not None) == EXPECTED[kind.__name__][2]
    assert next_wait(made(kind), 12, max_attempts=12) is None


def test_a_strangers_error_is_tried_again_and_its_words_are_not_repeated() -> None:
    assert next_wait(KeyError("a@example.com"), 1, max_attempts=12) == FIRST_WAIT
    assert describe(KeyError("a@example.com")) == "KeyError"
    assert describe(errors.NotFound("no invoice ainv_1")) == "not_found: no invoice ainv_1"


@given(st.integers(1, 500))
def test_waits_grow_to_an_hour_however_often_a_job_may_fail(attempts: int) -> None:
    wait = next_wait(RuntimeError(), attempts, max_attempts=1000)
    sooner = next_wait(RuntimeError(), max(1, attempts - 1), max_attempts=1000)
    assert wait is not None
    assert sooner is not None
    assert FIRST_WAIT <= sooner <= wait <= LONGEST_WAIT
    assert wait in (LONGEST_WAIT, FIRST_WAIT * 2 ** min(20, attempts - 1))


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [(None, FIRST_WAIT), (0, FIRST_WAIT), (1.5, FIRST_WAIT), (-3, FIRST_WAIT),
     (90, timedelta(seconds=90))],
)  # fmt: skip
def test_a_processors_own_word_on_how_long_to_wait_counts(
    retry_after: float | None, wait: timedelta
) -> None:
    error = errors.RateLimited("slow down", retry_after=retry_after)
    assert next_wait(error, 1, max_attempts=12) == wait


@pytest.mark.parametrize("retry_after", [float("inf"), float("nan"), 1e300, 1e12])
def test_a_processors_word_cannot_stop_the_runner_or_postpone_for_ever(retry_after: float) -> None:
    error = errors.RateLimited("slow down", retry_after=retry_after)
    wait = next_wait(error, 1, max_attempts=12)
    assert wait is not None
    assert wait <= timedelta(days=1)
