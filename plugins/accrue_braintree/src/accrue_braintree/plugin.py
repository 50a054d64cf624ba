"""What Accrue calls: the entry point ``braintree`` of the group ``accrue``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accrue_core.hookspecs import hookimpl

if TYPE_CHECKING:
    from accrue_core.contracts.processor import Processor


@hookimpl
def register_processors() -> Iterable[Processor]:
    """Offer the account that ``ACCRUE_BRAINTREE_*`` describes; without keys, none."""
    from accrue_braintree.settings import BraintreeSettings

    account = BraintreeSettings.from_env()
    if account is None:
        return ()
    from accrue_braintree.processor import BraintreeProcessor

    return (BraintreeProcessor(account),)
