"""Each third party has one door, and each plugin sees only its side of core.

import-linter cannot say this while a third party is imported by nobody or a module does not exist
yet: it refuses to run. These tests can.
"""

from fnmatch import fnmatchcase

import pytest

from tests.architecture.source import Module, modules

TESTING = ("accrue_core.testing", "accrue_fake.fixtures")
WEB = (
    "accrue_core.http", "accrue_core.hosts", "accrue_core.pages", "accrue_admin", "accrue_portal",
    "accrue_fake.pages", "accrue_fake.wire",
)  # fmt: skip
PAGES = ("accrue_core.mail.render", "accrue_core.billing.*.document", *WEB)
SQL = ("accrue_core.*.models", "accrue_core.*.queries", "accrue_core.db")

DOORS: dict[str, tuple[str, ...]] = {
    "aiosmtplib": ("accrue_core.builtins.smtp_mailer",),
    "aiosqlite": ("accrue_core.db",),
    "alembic": ("accrue_core.db",),
    "anyio": TESTING,
    "arq": ("accrue_core.jobs.worker",),
    "asyncpg": ("accrue_core.db",),
    "braintree": ("accrue_braintree",),
    "click": ("accrue_core.cli", "accrue_fake.hosting.commands", "accrue_stripe.commands"),
    "django": WEB,
    "fastapi": WEB,
    "httpx": ("accrue_stripe", *TESTING),
    "hypothesis": TESTING,
    "iso4217": ("accrue_core.money",),
    "jinja2": PAGES,
    "markupsafe": PAGES,
    "litestar": WEB,
    "opentelemetry": ("accrue_core.telemetry",),
    "pluggy": ("accrue_core.hookspecs", "accrue_core.plugins"),
    "pytest": TESTING,
    "requests": ("accrue_braintree",),
    "redis": ("accrue_core.jobs.worker",),
    "sqlalchemy": SQL,
    "starlette": WEB,
    "stripe": ("accrue_stripe",),
    "uuid_utils": ("accrue_core.ids",),
    "uvicorn": ("accrue_core.cli", "accrue_fake.wire.stripe.line"),
    "weasyprint": ("accrue_core.builtins.weasyprint_pdf",),
}

PROCESSORS = ("accrue-stripe", "accrue-braintree", "accrue-fake")
SEEN_BY_PROCESSORS = (
    "accrue_core.contracts", "accrue_core.hookspecs", "accrue_core.settings",
    "accrue_core.telemetry", "accrue_core.errors", "accrue_core.money", "accrue_core.clock",
    "accrue_core.ids", "accrue_core.actors", "accrue_core.owners",
)  # fmt: skip

SEEING_MORE = ("accrue_fake.fixtures", "accrue_fake.pages")
"""The Fake's test fixtures hold a whole Accrue; its hosted pages are built as all pages are."""

PAGES_PLUGINS = ("accrue-admin", "accrue-portal")
HIDDEN_FROM_PAGES = (
    "accrue_core.operations", "accrue_core.mirror", "accrue_core.outbox",
    "accrue_core.ledger.append", "accrue_core.db", "accrue_core.plugins", "accrue_core.app",
)  # fmt: skip


def is_within(name: str, pattern: str) -> bool:
    """Say whether a dotted name is what a pattern names, or lies below it."""
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")


def is_within_any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(is_within(name, pattern) for pattern in patterns)


def third_parties(module: Module) -> set[str]:
    return {name.partition(".")[0] for name in module.imports} & set(DOORS)


@pytest.mark.parametrize("third_party", sorted(DOORS))
def test_a_third_party_is_imported_behind_its_door_only(third_party: str) -> None:
    doors = DOORS[third_party]
    trespassers = [
        module.name
        for module in modules()
        if third_party in third_parties(module) and not is_within_any(module.name, doors)
    ]

    assert trespassers == [], f"{third_party} may be imported by {doors} only"


def test_processor_plugins_see_only_the_plugin_surface_of_core() -> None:
    too_far = [
        f"{module.name} imports {name}"
        for module in modules(*PROCESSORS)
        if not is_within_any(module.name, SEEING_MORE)
        for name in sorted(module.imports)
        if is_within(name, "accrue_core.*") and not is_within_any(name, SEEN_BY_PROCESSORS)
    ]

    assert too_far == []


def test_pages_write_through_verbs() -> None:
    too_far = [
        f"{module.name} imports {name}"
        for module in modules(*PAGES_PLUGINS)
        for name in sorted(module.imports)
        if is_within_any(name, HIDDEN_FROM_PAGES)
        or (name.startswith("accrue_core.billing.") and ".commands" in name)
    ]

    assert too_far == []
