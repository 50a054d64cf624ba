"""``accrue stripe``: set up an account at Stripe, and read what it sells."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import click

from accrue_core.errors import Conflict, InvalidRequest
from accrue_core.ids import TimeOrderedIds, to_text
from accrue_stripe.connection import Connection
from accrue_stripe.operating.catalog import as_json, as_python, as_toml, sold_plans
from accrue_stripe.operating.endpoints import EVENTS, Endpoint, Endpoints
from accrue_stripe.settings import API_VERSION, StripeAccount, account_from_env, secrets_variable

T = TypeVar("T")

ACCOUNT = click.option(
    "--account",
    "label",
    metavar="LABEL",
    help="One of ACCRUE_STRIPE_ACCOUNTS; without it, the account of ACCRUE_STRIPE_API_KEY.",
)
_FORMATS = {"python": as_python, "toml": as_toml, "json": as_json}


@click.group()
def stripe() -> None:
    """Set up an account at Stripe, and read what it sells."""


@stripe.group()
def webhooks() -> None:
    """Make the endpoint that Stripe sends its webhooks to, and replace its secret."""


@webhooks.command()
@click.argument("url")
@ACCOUNT
def create(url: str, *, label: str | None) -> None:
    """Let Stripe send the events we use to URL, such as https://.../billing/webhooks/stripe.

    Prints the endpoint's secret, which Stripe tells once, and where to put it.

    Safe to repeat: an endpoint that it made before is found again, and sent the events we use now.
    """
    account = _account(label, url)
    (endpoint, is_new) = _run(account, lambda found: found.require(), url=url)
    if endpoint.api_version != API_VERSION:
        raise Conflict(
            f"{endpoint.ref} is sent events of {endpoint.api_version}, not of {API_VERSION}: "
            "replace it with 'accrue stripe webhooks rotate'"
        )
    words = f"{len(EVENTS)} events, of {API_VERSION}, in {_mode(account)} mode"
    if not is_new:
        click.echo(f"{endpoint.ref} is there already: {words}")
        click.echo("its secret was shown when it was made; 'rotate' makes another")
        return
    click.echo(f"made {endpoint.ref}: {words}")
    _show(endpoint, label)
    click.echo("put it into the environment of every process of the host; it is not shown again")


@webhooks.command()
@click.argument("url")
@ACCOUNT
@click.option("--switch", "step", flag_value="switch", help="Second step: send to both.")
@click.option("--finish", "step", flag_value="finish", help="Last step: take the old one away.")
def rotate(url: str, *, label: str | None, step: str | None) -> None:
    """Replace the secret of the endpoint at URL, and its API version, without losing an event.

    Three steps: without an option a second endpoint is made, to which nothing is sent yet, and
    its secret printed. Once the host knows both secrets, --switch lets Stripe send to both. Once
    nothing waits at the old one, --finish takes it away.

    Safe to repeat: a step that was done says so.
    """
    account = _account(label, url)
    if step == "switch":
        endpoint = _run(account, lambda found: found.switch(), url=url)
        click.echo(f"{endpoint.ref} is sent events, and so is the old one: duplicates are known")
        click.echo("next, when Stripe repeats nothing to the old one (3 days at most): --finish")
    elif step == "finish":
        older = _run(account, lambda found: found.finish(), url=url)
        click.echo(f"took away {', '.join(one.ref for one in older)}")
        click.echo(f"last: take the old secret out of {secrets_variable(label)}, and restart")
    else:
        _begin(account, url, label)


@stripe.group()
def catalog() -> None:
    """Read what the account sells."""


@catalog.command()
@ACCOUNT
@click.option("--format", "form", type=click.Choice(list(_FORMATS)), default="python")
def pull(*, label: str | None, form: str) -> None:
    """Print the plans that the account's active, recurring prices come to.

    The result goes between the parentheses of Catalog(...), where features are added to it. A
    plan's key is the product's metadata field accrue_plan, else its name.

    Safe to repeat: it changes nothing, here or at Stripe.
    """
    account = account_from_env(os.environ, label)
    plans = _asking(account, sold_plans)
    click.echo(_FORMATS[form](plans, account.name))


def _begin(account: StripeAccount, url: str, label: str | None) -> None:
    """Make the second endpoint; its secret is told even if holding it back fails."""

    async def begin(connection: Connection) -> Endpoint:
        endpoints = Endpoints(connection, url, run=_new_run())
        made = await endpoints.begin_rotation()
        click.echo(f"made {made.ref}, in {_mode(account)} mode; nothing is sent to it yet")
        _show(made, label, is_second=True)
        await endpoints.hold(made)
        return made

    _asking(account, begin)
    click.echo("next: restart every process of the host with both secrets, then --switch")


def _run(account: StripeAccount, work: Callable[[Endpoints], Awaitable[T]], *, url: str) -> T:
    async def ask(connection: Connection) -> T:
        return await work(Endpoints(connection, url, run=_new_run()))

    return _asking(account, ask)


def _asking(account: StripeAccount, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def ask() -> T:
        connection = Connection(account)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(ask())


def _account(label: str | None, url: str) -> StripeAccount:
    account = account_from_env(os.environ, label)
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise InvalidRequest("the address is a whole URL, such as https://app.example.com/billing/")
    if not address.path.rstrip("/").endswith(f"/webhooks/{account.name}"):
        click.echo(
            f"note: Accrue listens at .../webhooks/{account.name}, below its own path", err=True
        )
    return account


def _show(endpoint: Endpoint, label: str | None, *, is_second: bool = False) -> None:
    secret = "" if endpoint.secret is None else endpoint.secret.reveal()
    before = "<the one of now>," if is_second else ""
    click.echo(f"{secrets_variable(label)}={before}{secret}")


def _mode(account: StripeAccount) -> str:
    return "live" if account.livemode else "test"


def _new_run() -> str:
    """Return a name for the keys of this run."""
    return to_text("accrue", TimeOrderedIds().new())
