"""The desk: where the engine, the account beside it and the shapes of both come together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any

from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key
from accrue_fake.engine.clocks import clock_of
from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.account import Account, Json
from accrue_fake.wire.stripe.expanding import Expanding
from accrue_fake.wire.stripe.finding import Finding, Shower
from accrue_fake.wire.stripe.happenings import Happenings
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid, missing
from accrue_fake.wire.stripe.shown import Shown

_WITHIN = frozenset({"invoice_settings"})
"""Keys whose part is merged with what is kept beside it; others are replaced as a whole."""

_DESCRIBED = frozenset({"customer", "price", "subscription", "subscription_schedule"})
"""What may be created with facts that are laid over what the engine knows."""

_ABOUT = ("customer", "subscription", "invoice")
"""Parameters that say whom a request is about, where its path does not."""

_OURS = "wire-"
"""How the operations begin that this server makes up; no client has sent them."""


class Desk:
    """What the routes work with. One engine and one account belong to one desk."""

    def __init__(self, engine: Engine, account: Account, *, api_version: str) -> None:
        self.engine = engine
        self.account = account
        self.api_version = api_version
        self.shown = Shown(engine, account)
        self.happenings = Happenings(engine, account, self._told, self._prepare)
        self.finding = Finding(engine, account)
        self.happenings.when_told = self.finding.learn
        self._expanding = Expanding(self.show, self._included)
        self._described: Mapping[str, str] | None = None
        self._added: tuple[str, Json] | None = None
        self._keys: list[str] = []
        self._named: str | None = None
        self._secret: str | None = None
        self.when_done: Callable[[], None] = _nothing

    @property
    def now(self) -> datetime:
        """How late it is: for the customer whom a request is about, or for everybody else."""
        return self.engine.books.now

    def time_for(self, names: Iterable[str], params: Params) -> AbstractContextManager[None]:
        """Have it be as late as it is for whoever a request is about."""
        books = self.engine.books
        if not books.clocks:
            return nullcontext()
        said = (params.values.get(name) for name in _ABOUT)
        refs = [one for one in (*names, *said) if isinstance(one, str)]
        clocks = (clock_of(books, self.shown.owner_of(ref)) for ref in refs)
        return books.time_of(next((clock for clock in clocks if clock is not None), None))

    def show(self, kind: str, ref: str) -> Json:
        """Render a thing with what is kept beside it; ``LookupError`` where there is none."""
        shown: Json = self._dressed(self.shown.of(kind, ref))
        return shown

    def shower(self, kind: str) -> Shower:
        """Return what renders things of one kind."""
        return Shower(kind, self.show, self.finding)

    def found(self, kind: str, ref: str, *, param: str | None = None) -> Json:
        """Render what a path names, or a parameter if ``param`` says which; else refuse."""
        self.require(kind, ref, param=param)
        return self.show(kind, ref)

    def require(self, kind: str, ref: str, *, param: str | None = None) -> None:
        """Refuse an id that nothing has: 404 in a path, 400 in a parameter."""
        if not self.shown.has(kind, ref):
            if param is None:
                raise missing(kind, ref)
            raise missing(kind, ref, param=param, status=400)

    def customer(self, params: Params, name: str = "customer") -> str | None:
        """Return the customer that a parameter names, if it names one."""
        ref = params.text(name)
        if ref is None:
            return None
        record = self.engine.books.customers.get(ref)
        if record is None or record.is_deleted:
            raise missing("customer", ref, param=params.name_of(name), status=400)
        return ref

    def expanded(self, shown: Json, params: Params) -> Json:
        """Return an answer with what its request wants expanded."""
        return self._expanding.expanded(shown, params.words("expand"))

    def key(self, metadata: Mapping[str, str | None] | None = None) -> Key:
        """Return a key that nobody has used.

        The server remembers answers by the keys of its clients; what the engine would remember is
        forgotten after each request.
        """
        operation = (metadata or {}).get(OPERATION_METADATA)
        name = f"{_OURS}{self.account.number('key')}"
        self._keys.append(name)
        return Key(name, operation or name)

    @contextmanager
    def describing(self, metadata: Mapping[str, str]) -> Iterator[None]:
        """Let what is created meanwhile have this metadata, from its first event on.

        The engine writes its operation into it, and the owner of a customer; a client of Stripe's
        finds there what it has sent.
        """
        self._described = metadata
        try:
            yield
        finally:
            self._described = None

    @contextmanager
    def adding(self, kind: str, facts: Json) -> Iterator[None]:
        """Let what is created meanwhile of a kind show these facts, from its first event on."""
        self._added = kind, facts
        try:
            yield
        finally:
            self._added = None

    def tidy(self) -> None:
        """After a request or a step of time: hand events over, forget the engine's keys."""
        self.when_done()
        self.happenings.hand_over()
        for name in self._keys:
            self.engine.forget_key(name)
            self.engine.books.made_by.pop(name, None)
        self._keys.clear()

    def advance_to(self, moment: datetime, *, clock: str | None = None) -> None:
        """Let time pass, one due moment after the other, so that events tell how things were.

        It passes for all who have no clock of their own; with ``clock``, for those who have that.
        """
        books = self.engine.books
        agenda = books.due if clock is None else books.clocks[clock].due
        while agenda and agenda[0].moment < moment:
            now = books.now if clock is None else books.clocks[clock].now
            self.engine.advance_to(max(now, agenda[0].moment), clock=clock)
            self.tidy()
        self.engine.advance_to(moment, clock=clock)
        self.tidy()

    def name_next(self, ref: str | None, secret: str | None) -> None:
        """Let the next price have an id, or the next endpoint a secret, that is known elsewhere."""
        self._named, self._secret = ref, secret

    def take_name(self) -> str | None:
        """Return the id that the next thing is to have, once."""
        named, self._named = self._named, None
        return named

    def take_secret(self) -> str | None:
        """Return the secret that the next endpoint is to have, once."""
        secret, self._secret = self._secret, None
        return secret

    def tell(self, type_: str, kind: str, ref: str) -> None:
        """Have something happened that the engine knows nothing of."""
        self.happenings.tell(type_, kind, ref)

    def require_free(self, kind: str, ref: str, *, param: str) -> None:
        """Refuse an id that something has already."""
        if self.shown.has(kind, ref):
            message = f"{ref[:80]} already exists."
            raise invalid(message, code="resource_already_exists", param=param)

    def _dressed(self, value: Any) -> Any:
        """Lay what is kept beside things over what the engine knows of them, at any depth.

        What is given was rendered a moment ago, and is nobody's but the desk's.
        """
        if isinstance(value, list):
            for one in value:
                self._dressed(one)
        if not isinstance(value, dict):
            return value
        for one in value.values():
            if isinstance(one, dict | list):
                self._dressed(one)
        facts = self.account.facts.get(str(value.get("id"))) if "object" in value else None
        if not facts or value.get("deleted"):
            return value
        for key, fact in facts.items():
            if key in _WITHIN:
                value[key] = {**value[key], **fact}
            elif key in value:
                value[key] = fact
        return value

    def _told(self, type_: str, kind: str, ref: str) -> Json:
        shown: Json = self._dressed(self.shown.told(type_, kind, ref))
        return shown

    def _prepare(self, type_: str, kind: str, ref: str) -> None:
        if kind == "invoice":
            self.shown.note_invoice(ref)
        if kind == "subscription":
            self.shown.note_items(ref)
        if kind in _DESCRIBED and type_.endswith(".created"):
            self._describe(kind, ref)

    def _describe(self, kind: str, ref: str) -> None:
        if self._added is not None and self._added[0] == kind:
            self.account.say(ref, self._added[1])
        if kind == "customer" and self._described is not None:
            self.engine.customers.describe(ref, self._described, is_told=False)
        if kind == "subscription":
            metadata = self.engine.books.subscriptions[ref].snapshot.metadata
            said = _without_ours(metadata) if self._described is None else self._described
            self.engine.subscriptions.describe(ref, said, is_told=False)

    def _included(self, owner: Json, key: str) -> Any:
        return self._dressed(self.shown.included(owner, key))


def _nothing() -> None:
    """Stand in while nobody wants to hear that something was done."""


def _without_ours(metadata: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in metadata.items()
        if name != OPERATION_METADATA or not value.startswith(_OURS)
    }
