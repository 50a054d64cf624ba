"""What the program's exit codes mean, and what it says when something fails."""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core import errors

CODES: Mapping[type[Exception], int] = {
    errors.AccrueError: 1,
    errors.NotAllowed: 1,
    errors.SignatureInvalid: 1,
    errors.WebhookUnreadable: 1,
    errors.CalledInsideTransaction: 1,
    errors.BridgeError: 1,
    errors.InvalidRequest: 2,
    errors.ConfigurationError: 3,
    errors.DatabaseUnavailable: 7,
    errors.NotFound: 4,
    errors.Conflict: 5,
    errors.UnsupportedCapability: 6,
    errors.ProcessorError: 6,
}
"""The nearest class up the tree decides; click's own usage errors are 2 as well."""

OUTDATED = CODES[errors.ConfigurationError]
UNEXPECTED = 1
LEDGER_BROKEN = 10
DOCTOR_FAILED = 11

_DATA_EXCEPTIONS = ("22", "23")
"""Classes of SQLSTATE whose messages repeat values."""


def exit_code_of(error: type[Exception]) -> int:
    """Return the exit code of an error class; a stranger's is ``1``."""
    return next((CODES[ancestor] for ancestor in error.__mro__ if ancestor in CODES), UNEXPECTED)


def sentence(error: Exception) -> str:
    """Say in one sentence what went wrong."""
    if isinstance(error, errors.AccrueError):
        return str(error)
    return (
        f"failed unexpectedly ({reason(error)}); repeat with 'accrue --traceback ...' to see where"
    )


def reason(error: BaseException) -> str:
    """Name a stranger's error, with its message only where that cannot hold a row or a secret."""
    cause: BaseException = getattr(error, "orig", None) or error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    name = type(cause).__name__
    if isinstance(cause, OSError):
        return f"{name}: {cause.strerror}" if cause.strerror else name
    first_line = str(cause).partition("\n")[0]
    return f"{name}: {first_line}" if _is_plain(cause) else name


def _is_plain(error: BaseException) -> bool:
    """Whether a message names databases, roles, tables, revisions or modules, and no values."""
    package = type(error).__module__.partition(".")[0]
    if package == "asyncpg":
        state = getattr(error, "sqlstate", None)
        return isinstance(state, str) and not state.startswith(_DATA_EXCEPTIONS)
    return package in {"sqlite3", "alembic"} or isinstance(error, ImportError)
