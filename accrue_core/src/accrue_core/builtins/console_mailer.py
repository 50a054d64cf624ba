"""A mailer that writes to the log: what a development machine needs."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from accrue_core.contracts.mailer import Mailer, Message
from accrue_core.hookspecs import hookimpl
from accrue_core.settings import Settings

_log = logging.getLogger("accrue.mail")


class ConsoleMailer:
    """Logs that a message was sent: its key and its size, never its words or its recipient."""

    name = "console"

    async def send(self, message: Message) -> None:
        """Log the message's key."""
        _log.info("mail %s (%d characters)", message.key, len(message.text))


@hookimpl
def register_mailers(settings: Settings) -> Iterable[Mailer]:
    """Offer the console."""
    del settings
    return (ConsoleMailer(),)
