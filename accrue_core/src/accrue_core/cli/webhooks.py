"""``accrue webhooks``: deliveries, and running them again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import opened, pass_accrue
from accrue_core.cli.output import chosen, columns, document, json_option
from accrue_core.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from accrue_core.app import Accrue
    from accrue_core.blocking import BlockingBilling

_SHOWN = (
    "id",
    "processor",
    "event_ref",
    "type",
    "noun",
    "object_ref",
    "is_deletion",
    "livemode",
    "remote_at",
    "received_at",
    "status",
    "attempts",
    "due_at",
    "last_error",
)
"""Everything about a delivery but its body, which may hold personal data, and its lease."""


@click.group()
def webhooks() -> None:
    """List deliveries and run them again."""


@webhooks.command("list")
@click.option("--status", help="Only waiting, running, done or dead ones.")
@click.option("--before", metavar="ID", help="Only those received before this one.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@json_option
@pass_accrue
def list_(
    accrue: Accrue, status: str | None, before: str | None, limit: int, *, as_json: bool
) -> None:
    """List received webhooks, newest first, without their bodies.

    Safe to repeat: it changes nothing.
    """
    with opened(accrue) as billing:
        page = billing.webhook_deliveries(status=status, before=before, limit=limit)
    if as_json:
        shown = [chosen(delivery, _SHOWN) for delivery in page.items]
        document({"deliveries": shown, "next": page.next_cursor})
        return
    columns(
        ("ID", "STATUS", "TRIES", "RECEIVED", "PROCESSOR", "TYPE", "OBJECT", "LAST ERROR"),
        (
            (
                *(d.id, d.status, d.attempts, d.received_at),
                *(d.processor, d.type, d.object_ref, d.last_error),
            )
            for d in page.items
        ),
    )
    if page.next_cursor is not None:
        click.echo(f"there are more: --before {page.next_cursor}", err=True)


@webhooks.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--status", help="Without ids: those in this status.  [default: dead]")
@json_option
@pass_accrue
def replay(accrue: Accrue, ids: tuple[str, ...], status: str | None, *, as_json: bool) -> None:
    """Queue deliveries to be processed again, by id or by status.

    Safe to repeat: facts that were absorbed already change nothing, and handlers that have run
    for a delivery do not run again. Starts no worker: a running one takes them up.
    """
    if ids and status is not None:
        raise InvalidRequest("name deliveries or a status, not both")
    with opened(accrue) as billing:
        missing: list[str] = []
        if ids:
            missing = _replay_each(billing, ids)
            count = len(ids) - len(missing)
        else:
            count = billing.replay_webhooks(status=status or "dead")
    if as_json:
        document({"queued": count, "missing": missing})
    else:
        word = f"{status or 'dead'} " if not ids else ""
        click.echo(f"queued {count} {word}{'delivery' if count == 1 else 'deliveries'}")
    if missing:
        raise NotFound(f"no delivery {', '.join(missing)}")


@webhooks.command("catch-up")
@click.option(
    "--days",
    type=click.FloatRange(0, 30, min_open=True),
    default=3.0,
    show_default=True,
    help="How far back to look. Stripe keeps its events for 30 days.",
)
@click.option("--processor", metavar="NAME", help="Only this one.")
@json_option
@pass_accrue
def catch_up(accrue: Accrue, days: float, processor: str | None, *, as_json: bool) -> None:
    """Take in events that never arrived, after an outage of this application or of the network.

    Safe to repeat: what has arrived is left alone. Starts no worker: a running one takes them up.
    """
    since = accrue.runtime.clock.now() - timedelta(days=days)
    with opened(accrue) as billing:
        count = billing.catch_up(since=since, processor=processor)
    if as_json:
        document({"queued": count})
    else:
        click.echo(f"queued {count} {'delivery' if count == 1 else 'deliveries'} that had not come")


def _replay_each(billing: BlockingBilling, ids: tuple[str, ...]) -> list[str]:
    """Queue each; a wrong id among many must not keep back the others."""
    missing = []
    for id_ in ids:
        try:
            billing.replay_webhook(id_)
        except NotFound:
            missing.append(id_)
    return missing
