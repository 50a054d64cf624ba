"""What Accrue calls: the entry point ``stripe`` of the group ``accrue``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accrue_core.hookspecs import hookimpl

if TYPE_CHECKING:
    from accrue_core.contracts.processor import Processor


@hookimpl
def register_processors() -> Iterable[Processor]:
    """Offer the account that ``ACCRUE_STRIPE_*`` describes; without a key, none."""
    from accrue_stripe.settings import StripeSettings

    account = StripeSettings.from_env()
    if account is None:
        return ()
    from accrue_stripe.processor import StripeProcessor

    return (StripeProcessor(account),)
