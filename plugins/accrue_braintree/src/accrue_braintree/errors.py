"""Braintree's exceptions to ours: one table, for the SDK's and for those of ``requests`` below it.

Messages are built here. The exceptions themselves are dropped: those of ``requests`` hold the
request with its credentials and the answer with whatever it says about a person, and would be
printed with every traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from xml.parsers.expat import ExpatError

from accrue_braintree.sdk import load
from accrue_core.errors import (
    ProcessorError,
    ProcessorMisconfigured,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
    RemoteMissing,
    UnknownVocabulary,
)

_SHAPES = (LookupError, AttributeError, TypeError, ValueError, ArithmeticError)
"""What the SDK raises when XML is not of the shape that it was written for."""


@contextmanager
def translated(noun: str, ref: str) -> Iterator[None]:
    """Let only our own errors out of a block that calls the SDK about one thing.

    Nothing but the call belongs in the block: a mistake of our own would look like Braintree's.
    """
    from requests import RequestException

    theirs = load().exceptions.braintree_error.BraintreeError
    try:
        yield
    except (theirs, RequestException, ExpatError, *_SHAPES) as error:
        raise translate(error, noun=noun, ref=ref) from None


def translate(error: Exception, *, noun: str, ref: str) -> ProcessorError:
    """Return our word for what went wrong; what is not in the table has an unknown outcome.

    Of an answer the SDK passes on its status and nothing else: not how long to wait after a 429,
    and not whose 404 it is. A missing thing is therefore never proof of a deletion here.
    """
    import requests

    theirs, said = load().exceptions, type(error).__name__
    if isinstance(error, (theirs.AuthenticationError, theirs.AuthorizationError)):
        return ProcessorMisconfigured(f"Braintree refused the keys or their permissions ({said})")
    if isinstance(error, theirs.UpgradeRequiredError):
        return ProcessorMisconfigured("Braintree no longer answers this version of its SDK")
    if isinstance(error, theirs.TooManyRequestsError):
        return RateLimited("Braintree asks to slow down")
    if isinstance(error, theirs.NotFoundError):
        return RemoteMissing(noun=noun, ref=ref)
    if isinstance(error, requests.RequestException) and _was_not_sent(error):
        return ProcessorUnreachable("Braintree could not be reached: no connection was made")
    if isinstance(error, _SHAPES) and not isinstance(error, requests.RequestException):
        return UnknownVocabulary(where=noun, word=f"of a shape that the SDK cannot read ({said})")
    return ProcessorUnavailable(f"Braintree did not answer as expected ({said})")


def _was_not_sent(error: Exception) -> bool:
    """Whether a failure certainly happened before the request left.

    A connection that could not be made is wrapped twice by ``requests``, and the inner exception
    has a ``reason``; one that broke later is wrapped once.
    """
    import requests

    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    inner = error.args[0] if error.args else None
    is_plain = type(error) is requests.ConnectionError
    return is_plain and getattr(inner, "reason", None) is not None
