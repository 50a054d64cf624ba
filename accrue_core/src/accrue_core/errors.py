"""Everything Accrue raises on purpose, as one tree.

``code`` is the stable name of an error: it appears in problem+json, in logs and in the
documentation. Messages are for people and may change. An error never carries a processor's raw
payload, a secret or personal data in its message.
"""

from __future__ import annotations

from typing import Any, ClassVar


class AccrueError(Exception):
    """The root of the tree: catch it to catch everything Accrue raises on purpose."""

    code: ClassVar[str] = "accrue_error"
    retryable: ClassVar[bool] = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what it is made of: as pickled, it is not raised anew but put together again."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[AccrueError], args: tuple[Any, ...], state: dict[str, Any]) -> AccrueError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(AccrueError):
    """The deployment is wrong: fix settings, plugins or schema, and restart.

    Raised while ``Accrue`` is being built or started, so nothing has happened yet.
    """

    code = "configuration_error"


class PluginConflict(ConfigurationError):
    """Two plugins claim one name or one path; there is no "last one wins"."""

    code = "plugin_conflict"


class PluginBroken(ConfigurationError):
    """A plugin could not be loaded, or its hooks do not match the specification."""

    code = "plugin_broken"


class UnknownChoice(ConfigurationError):
    """A setting names something that is not installed; the message lists what is."""

    code = "unknown_choice"

    def __init__(self, *, setting: str, choice: str, installed: list[str]) -> None:
        self.setting, self.choice, self.installed = setting, choice, installed
        names = ", ".join(sorted(installed)) or "none"
        super().__init__(f"{setting} is {choice!r}, which is not installed; installed: {names}")


class MissingSetting(ConfigurationError):
    """A setting without a safe default was not given."""

    code = "missing_setting"

    def __init__(self, name: str, *, why: str) -> None:
        self.name = name
        super().__init__(f"{name} is not set: {why}")


class SchemaOutdated(ConfigurationError):
    """The database does not have the tables this version needs."""

    code = "schema_outdated"


class DatabaseUnavailable(AccrueError):
    """Accrue's own database did not answer. Nothing was done; try again."""

    code = "database_unavailable"
    retryable = True

    def __init__(self, kind: str) -> None:
        super().__init__(f"the {kind} database could not be reached")


class InvalidRequest(AccrueError):
    """The call is wrong and would be wrong again: fix the arguments.

    Raised before a processor is called and before anything is written.
    """

    code = "invalid_request"


class CurrencyMismatch(InvalidRequest):
    """Two amounts of different currencies met."""

    code = "currency_mismatch"


class UnknownPlan(InvalidRequest):
    """The catalog has no plan of that key, or no price for it at this processor."""

    code = "unknown_plan"


class NotFound(AccrueError):
    """No such thing here, or not yours: the two are not told apart."""

    code = "not_found"


class Conflict(AccrueError):
    """The call is right, the moment is wrong."""

    code = "conflict"


class IllegalTransition(Conflict):
    """The verb is real, but not from this status.

    Raised before any processor is called, so nothing has to be undone. The
    mirror never raises it: what a processor says has happened, has happened.
    """

    code = "illegal_transition"

    def __init__(self, *, verb: str, noun: str, status: str, allowed: frozenset[str]) -> None:
        self.verb, self.noun, self.status, self.allowed = verb, noun, status, allowed
        wanted = ", ".join(sorted(allowed)) or "none"
        super().__init__(f"cannot {verb} a {noun} that is {status}; it must be one of: {wanted}")


class PreviewStale(Conflict):
    """What a change was said to cost is no longer what it would cost. Nothing was changed.

    Show a new preview, and ask again.
    """

    code = "preview_stale"

    def __init__(self, why: str) -> None:
        super().__init__(f"this preview does not hold any more: {why}; preview the change again")


class OperationMismatch(Conflict):
    """This operation id was already used for another request.

    Nothing was asked. Use one id per intention: mint it where the form is rendered or the job
    is created, and never share it between two different commands.
    """

    code = "operation_mismatch"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"operation id {key!r} was already used for a different request")


class OperationInProgress(Conflict):
    """Another command on the same subject has not settled yet. Nothing was asked; try again.

    Also what a processor's own "this idempotency key is in flight" becomes.
    """

    code = "operation_in_progress"
    retryable = True

    def __init__(self, subject: str, *, operation_id: str | None = None) -> None:
        self.subject, self.operation_id = subject, operation_id
        super().__init__(f"another command on {subject} has not settled yet; try again in a moment")


class OperationAbandoned(Conflict):
    """This operation was given up without an effect; use a new operation id to try again."""

    code = "operation_abandoned"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"operation {key!r} was given up without an effect; use a new operation id"
        )


class UnsupportedCapability(AccrueError):
    """This processor cannot do that, and says so instead of half-doing it."""

    code = "unsupported_capability"

    def __init__(self, *, processor: str, capability: str) -> None:
        self.processor, self.capability = processor, capability
        super().__init__(f"the {processor} processor does not support {capability}")


class NotAllowed(AccrueError):
    """The caller's identity does not permit this."""

    code = "not_allowed"


class StepUpRequired(NotAllowed):
    """The caller must prove who they are again before this."""

    code = "step_up_required"


class SignatureInvalid(AccrueError):
    """A webhook was not signed by the processor, or not recently. Nothing was stored."""

    code = "signature_invalid"


class WebhookUnreadable(AccrueError):
    """A correctly signed webhook that is not an event for this account. Nothing was stored.

    Its body cannot be read, or it is a live event that reached an account in test mode.
    """

    code = "webhook_unreadable"


class ProcessorError(AccrueError):
    """The processor answered with a refusal, or did not answer."""

    code = "processor_error"


class CardDeclined(ProcessorError):
    """The customer's bank or the processor refused the card. Final for this operation.

    ``reason`` is the processor's word for it; ``advice`` is a sentence that may be shown to the
    customer.
    """

    code = "card_declined"

    def __init__(self, *, reason: str, advice: str = "Please use another card.") -> None:
        self.reason, self.advice = reason, advice
        super().__init__(f"the card was declined ({reason})")


class ProcessorRejected(ProcessorError):
    """The processor understood the request and refused it. Final for this operation."""

    code = "processor_rejected"

    def __init__(self, message: str, *, reason: str = "rejected", param: str | None = None) -> None:
        self.reason, self.param = reason, param
        super().__init__(message)


class RemoteMissing(ProcessorRejected):
    """The processor knows nothing under that ref. Not a proof that it was deleted."""

    code = "remote_missing"

    def __init__(self, *, noun: str, ref: str) -> None:
        self.noun, self.ref = noun, ref
        super().__init__(f"the processor has no {noun} {ref}", reason="missing")


class TaxLocationInvalid(ProcessorRejected):
    """The processor does not recognize a place as one it can tax. The customer keeps the old one.

    The message repeats nothing of the address.
    """

    code = "tax_location_invalid"

    def __init__(self, *, param: str | None = None) -> None:
        super().__init__(
            "the processor does not recognize this tax location; check country, state and "
            "postal code",
            reason="tax_location_invalid",
            param=param,
        )


class NotAsked(ProcessorError):
    """The processor was not reached, or turned the request away unread: no effect, ask again."""

    code = "not_asked"
    retryable = True


class ProcessorMisconfigured(NotAsked):
    """Keys, permissions or API version are wrong (401, 403). No effect."""

    code = "processor_misconfigured"
    retryable = False


class RateLimited(NotAsked):
    """The processor asks us to slow down (429). No effect."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ProcessorUnreachable(NotAsked):
    """No connection could be made, or the circuit is open: the request never left. No effect."""

    code = "processor_unreachable"


class ProcessorUnavailable(ProcessorError):
    """The outcome is unknown: the request may or may not have taken effect.

    The operation stays open under ``operation_id``. Calling the verb again with that id cannot
    double the effect; without a retry, recovery finds out by itself.
    """

    code = "processor_unavailable"
    retryable = True

    def __init__(self, message: str, *, operation_id: str | None = None) -> None:
        self.operation_id = operation_id
        super().__init__(message)


class UnknownVocabulary(ProcessorError):
    """A processor used a word or a shape that we have never heard of.

    The delivery that led to it is set aside (dead) with this message; nothing is guessed.
    """

    code = "unknown_vocabulary"

    def __init__(self, *, where: str, word: str) -> None:
        self.where, self.word = where, word
        super().__init__(f"unknown {where}: {word!r}")


class CalledInsideTransaction(AccrueError):
    """A verb, a processor call or a second transaction was started inside a transaction.

    A bug in the calling code, found in development: nothing was sent.
    """

    code = "called_inside_transaction"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} may not start while a transaction of this task is open")


class BridgeError(AccrueError):
    """A blocking verb was called where it would deadlock: await the async verb instead."""

    code = "bridge_error"
