"""What Accrue calls: the entry point ``stripe`` of the group ``accrue``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accrue_core.hookspecs import hookimpl

if TYPE_CHECKING:
    import click

    from accrue_core.contracts.checks import Check
    from accrue_core.contracts.processor import Processor


@hookimpl
def register_processors() -> Iterable[Processor]:
    """Offer the accounts that ``ACCRUE_STRIPE_*`` describe; without a key, none."""
    from accrue_stripe.settings import StripeSettings

    accounts = StripeSettings.all_from_env()
    if not accounts:
        return ()
    from accrue_stripe.processor import StripeProcessor

    return tuple(StripeProcessor(account) for account in accounts)


@hookimpl
def register_checks() -> Iterable[Check]:
    """Offer to look at each configured account."""
    from accrue_stripe.settings import StripeSettings

    accounts = StripeSettings.all_from_env()
    if not accounts:
        return ()
    from accrue_stripe.checks import StripeCheck

    return tuple(StripeCheck(account) for account in accounts)


@hookimpl
def register_commands() -> Iterable[click.Command]:
    """Offer ``accrue stripe``."""
    from accrue_stripe.commands import stripe

    return (stripe,)
