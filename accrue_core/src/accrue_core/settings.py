"""What a deployment decides. Plugins have settings of their own, in their own packages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

from accrue_core.errors import ConfigurationError, MissingSetting
from accrue_core.origins import checked_origin


class Secret:
    """Text that does not show itself: ``repr`` and ``str`` are masked, pickling is refused.

    >>> Secret("whsec_1")
    Secret('***')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself: call this only where it is used."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not pickled: pass the name of the setting instead")


def _env(name: str, doc: str) -> dict[str, str]:
    return {"env": name, "doc": doc}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of core. Build one by hand, or from the environment with ``from_env``."""

    database_url: str = field(
        metadata=_env(
            "ACCRUE_DATABASE_URL",
            "Where Accrue's own tables are: postgresql+asyncpg://... or "
            "sqlite+aiosqlite:///... Accrue's SQLite file is its own, never the host's.",
        )
    )
    processor: str | None = field(
        default=None,
        metadata=_env(
            "ACCRUE_PROCESSOR", "The processor of new customers, when several are installed."
        ),
    )
    auth: str = field(
        default="closed", metadata=_env("ACCRUE_AUTH", "The auth adapter; 'closed' lets nobody in.")
    )
    mailer: str = field(default="console", metadata=_env("ACCRUE_MAILER", "The mailer."))
    job_runner: str = field(
        default="embedded",
        metadata=_env("ACCRUE_JOB_RUNNER", "Who works off promised jobs: embedded or inline."),
    )
    plugins_disabled: frozenset[str] = field(
        default=frozenset(),
        metadata=_env("ACCRUE_PLUGINS_DISABLED", "Entry points not to load, separated by commas."),
    )
    allowed_origins: frozenset[str] = field(
        default=frozenset(),
        metadata=_env(
            "ACCRUE_ALLOWED_ORIGINS",
            "The origins to which a processor's pages may send customers back, such as "
            "https://app.example.com, separated by commas. Without any, no checkout and no portal "
            "can be opened.",
        ),
    )
    webhook_max_bytes: int = field(
        default=1_048_576,
        metadata=_env("ACCRUE_WEBHOOK_MAX_BYTES", "Larger webhook bodies are answered with 413."),
    )
    batch_size: int = field(
        default=50,
        metadata=_env("ACCRUE_BATCH_SIZE", "Deliveries and jobs that one claim takes at most."),
    )
    lease: timedelta = field(
        default=timedelta(seconds=60),
        metadata=_env(
            "ACCRUE_LEASE",
            "How long a claim or an operation stays with the process that took it, in "
            "seconds. Processor calls are given less.",
        ),
    )
    call_deadline: timedelta = field(
        default=timedelta(seconds=30),
        metadata=_env(
            "ACCRUE_CALL_DEADLINE",
            "How long one processor call may take before its outcome counts as unknown, in "
            "seconds.",
        ),
    )
    money_deadline: timedelta = field(
        default=timedelta(minutes=30),
        metadata=_env(
            "ACCRUE_MONEY_DEADLINE",
            "After this long, recovery gives up an operation that would move money and was "
            "never seen to happen, in seconds.",
        ),
    )
    poll_interval: timedelta = field(
        default=timedelta(seconds=1),
        metadata=_env(
            "ACCRUE_POLL_INTERVAL",
            "How often an idle runner looks for work that nobody woke it for, in seconds.",
        ),
    )
    seat_debounce: timedelta = field(
        default=timedelta(seconds=5),
        metadata=_env(
            "ACCRUE_SEAT_DEBOUNCE",
            "How long joins and leaves are gathered before the seats are counted, in seconds.",
        ),
    )
    max_attempts: int = field(
        default=12,
        metadata=_env(
            "ACCRUE_MAX_ATTEMPTS", "After this many failures a delivery or a job is dead."
        ),
    )
    transaction_pooler: bool = field(
        default=False,
        metadata=_env(
            "ACCRUE_TRANSACTION_POOLER",
            "Set when PostgreSQL is reached through a transaction-pooling proxy.",
        ),
    )

    def __post_init__(self) -> None:
        if not self.database_url.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite://")):
            raise ConfigurationError(
                "database_url must start with postgresql+asyncpg:// or sqlite+aiosqlite://"
            )
        place = self.database_url.partition("://")[2].lstrip("/")
        if self.database_url.startswith("sqlite") and (
            not place or ":memory:" in place or "mode=memory" in place
        ):
            raise ConfigurationError(
                "database_url must name a file: readers and the writer share it"
            )
        for name in ("lease", "call_deadline", "money_deadline", "poll_interval"):
            if getattr(self, name) <= timedelta(0):
                raise ConfigurationError(f"{name} must be more than 0 seconds")
        if self.seat_debounce < timedelta(0):
            raise ConfigurationError("seat_debounce must not be negative")
        for name in ("webhook_max_bytes", "batch_size", "max_attempts"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be at least 1")
        origins = frozenset(checked_origin(origin) for origin in self.allowed_origins)
        object.__setattr__(self, "allowed_origins", origins)
        if self.call_deadline >= self.lease:
            raise ConfigurationError("call_deadline must be shorter than lease")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read every setting from its variable; a missing required one is ``MissingSetting``."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for setting in fields(cls):
            name = setting.metadata["env"]
            if name in environ:
                values[setting.name] = _parse(name, environ[name], setting.default)
        if "database_url" not in values:
            raise MissingSetting("ACCRUE_DATABASE_URL", why="Accrue needs a database of its own")
        return cls(**values)

    def __repr__(self) -> str:
        """Show everything but the database's password."""
        shown = {f.name: getattr(self, f.name) for f in fields(self)}
        scheme, _, rest = self.database_url.partition("://")
        place = rest.partition("?")[0].rpartition("@")[2]
        shown["database_url"] = f"{scheme}://{place}"
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def _parse(name: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "0": False, "false": False}[text.strip().lower()]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, timedelta):
            return timedelta(seconds=float(text))
        if isinstance(default, frozenset):
            return frozenset(part.strip() for part in text.split(",") if part.strip())
    except (KeyError, ValueError, OverflowError):
        raise ConfigurationError(f"{name} cannot be read: {text!r}") from None
    return text
