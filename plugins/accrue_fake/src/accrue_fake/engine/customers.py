"""Customers: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from accrue_core.contracts.customers import (
    MOVED_BY_METADATA,
    OWNER_ID_METADATA,
    OWNER_TYPE_METADATA,
    TIMEZONE_METADATA,
    AssignCustomer,
    CreateCustomer,
    CustomerSnapshot,
    SetTaxLocation,
    TaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Answer, GoneSnapshot, Key
from accrue_core.errors import RemoteMissing, TaxLocationInvalid
from accrue_core.owners import Owner
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.copies import replace
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.metadata import hosts_part, merged, require_hosts_own
from accrue_fake.engine.places import recognized
from accrue_fake.engine.records import Address, CreditMovement, CustomerRecord
from accrue_fake.engine.standing import Standing


@keeps_time
class Customers:
    """What can be asked about customers, and what a seller can do to one behind core's back.

    Owner, timezone and our operations stand in the metadata, as at a processor that has no other
    place for them; a snapshot's ``metadata`` is what is left, the host's part.
    """

    def __init__(self, books: Books, emitter: Emitter, memory: Memory, standing: Standing) -> None:
        self._books = books
        self._emitter = emitter
        self._memory = memory
        self._standing = standing

    def create(
        self,
        request: CreateCustomer,
        *,
        key: Key,
        clock: str | None = None,
        place: SetTaxLocation | None = None,
    ) -> Answer:
        """Create a customer whose metadata names its owner and the operation.

        With a clock its time passes apart from everybody else's. With a place it lives there from
        the start, whether that can be taxed or not.
        """
        return self._memory.once(request, key, partial(self._create, clock=clock, place=place))

    def update(self, request: UpdateCustomer, *, key: Key) -> Answer:
        """Let a customer be known like this; metadata is merged, an empty text deletes."""
        return self._memory.once(request, key, self._update)

    def set_tax_location(self, request: SetTaxLocation, *, key: Key) -> Answer:
        """Keep where a customer is taxed, or ``TaxLocationInvalid`` and change nothing."""
        return self._memory.once(request, key, self._set_tax_location)

    def assign(self, request: AssignCustomer, *, key: Key) -> Answer:
        """Give a customer to another owner, and note under which operation."""
        return self._memory.once(request, key, self._assign)

    def fetch(self, ref: str) -> Answer:
        """Return the customer, or say that it was deleted."""
        record = find(self._books.customers, "customer", ref)
        return Answer(GoneSnapshot("customer", ref) if record.is_deleted else record.snapshot)

    def find_created(self, key: Key) -> Answer | None:
        """Return what ``create`` made under this operation, by its metadata."""
        for ref in self._books.made_by.get(key.operation_id, ()):
            if ref in self._books.customers:
                return self.fetch(ref)
        return None

    def of_owner(self, owner: Owner) -> tuple[str, ...]:
        """Return the refs of the customers whose metadata names an owner, oldest first."""
        return tuple(
            ref
            for ref, record in self._books.customers.items()
            if record.snapshot.owner == owner and not record.is_deleted
        )

    def credit(self, ref: str) -> tuple[CreditMovement, ...]:
        """Return what explains a customer's credit, oldest first; the last has the balance."""
        return find(self._books.customers, "customer", ref).credit

    def edit(
        self,
        ref: str,
        *,
        name: str | None = None,
        email: str | None = None,
        locale: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Answer:
        """Change a customer as in the processor's own dashboard: also the metadata that is ours.

        ``None`` leaves a field as it is, an empty text takes it away.
        """
        record = self._existing(ref)
        kept = merged(record.metadata, metadata or {})
        before = record.snapshot
        after = replace(
            before,
            name=before.name if name is None else name or None,
            email=before.email if email is None else email or None,
            locale=before.locale if locale is None else locale or None,
        )
        self._becomes(record, after, kept)
        return Answer(record.snapshot)

    def describe(self, ref: str, metadata: Mapping[str, str], *, is_told: bool = True) -> Answer:
        """Let a customer's metadata be exactly this, ours included; so may its owner change.

        ``is_told`` is false for a listener that completes what is just being told.
        """
        record = self._existing(ref)
        self._becomes(record, record.snapshot, merged({}, metadata), is_told=is_told)
        return Answer(record.snapshot)

    def locate(self, ref: str, place: SetTaxLocation | None, *, is_checked: bool = True) -> Answer:
        """Let a customer live somewhere, or nowhere.

        A place that cannot be taxed is ``TaxLocationInvalid``, or is kept as one that nobody
        recognizes, where it is not to be checked.
        """
        record = self._existing(ref)
        address, word = _recognized(place, is_checked=is_checked)
        if (address, word) != (record.address, record.snapshot.tax_location):
            record.address = address
            record.snapshot = replace(record.snapshot, tax_location=word)
            self._emitter.emit("customer.updated", "customer", ref)
        return Answer(record.snapshot)

    def delete(self, ref: str) -> Answer:
        """Delete a customer at the processor.

        As Stripe documents it: irreversible, active subscriptions are canceled at once, and what
        remains under the ref says only that it was deleted.
        """
        record = self._existing(ref)
        for subscription in record.subscriptions:
            self._standing.end(self._books.subscriptions[subscription])
        for card in record.payment_methods:
            kept = self._books.cards[card]
            kept.snapshot = replace(kept.snapshot, customer=None)
        record.is_deleted = True
        self._emitter.emit("customer.deleted", "customer", ref)
        return self.fetch(ref)

    def _create(
        self, request: CreateCustomer, key: Key, *, clock: str | None, place: SetTaxLocation | None
    ) -> Answer:
        owner = request.owner
        address, word = _recognized(place, is_checked=False)
        ours = {
            OWNER_TYPE_METADATA: owner.type,
            OWNER_ID_METADATA: owner.id,
            OPERATION_METADATA: key.operation_id,
        }
        metadata = merged(request.metadata, ours)
        ref = self._books.new_ref("cus")
        snapshot = CustomerSnapshot(
            ref=ref,
            owner=owner,
            name=request.name,
            email=request.email,
            timezone=metadata.get(TIMEZONE_METADATA),
            tax_location=word,
            metadata=hosts_part(metadata),
            created_at=self._books.now,
        )
        self._books.customers[ref] = CustomerRecord(
            snapshot=snapshot, metadata=metadata, address=address, clock=clock
        )
        self._books.note_made(key.operation_id, ref)
        self._emitter.emit("customer.created", "customer", ref)
        return Answer(snapshot)

    def _update(self, request: UpdateCustomer, _: Key) -> Answer:
        require_hosts_own(request.metadata)
        ours = {} if request.timezone is None else {TIMEZONE_METADATA: request.timezone}
        return self.edit(
            request.ref,
            name=request.name,
            email=request.email,
            locale=request.locale,
            metadata={**request.metadata, **ours},
        )

    def _set_tax_location(self, request: SetTaxLocation, _: Key) -> Answer:
        return self.locate(request.ref, request)

    def _assign(self, request: AssignCustomer, key: Key) -> Answer:
        return self.edit(
            request.ref,
            metadata={
                OWNER_TYPE_METADATA: request.owner.type,
                OWNER_ID_METADATA: request.owner.id,
                MOVED_BY_METADATA: key.operation_id,
            },
        )

    def _becomes(
        self,
        record: CustomerRecord,
        after: CustomerSnapshot,
        metadata: dict[str, str],
        *,
        is_told: bool = True,
    ) -> None:
        if metadata != record.metadata:
            after = replace(
                after,
                owner=owner_in(metadata),
                moved_by=metadata.get(MOVED_BY_METADATA),
                timezone=metadata.get(TIMEZONE_METADATA),
                metadata=hosts_part(metadata),
            )
        if (after, metadata) != (record.snapshot, record.metadata):
            record.snapshot, record.metadata = after, metadata
            if is_told:
                self._emitter.emit("customer.updated", "customer", after.ref)

    def _existing(self, ref: str) -> CustomerRecord:
        record = find(self._books.customers, "customer", ref)
        if record.is_deleted:
            raise RemoteMissing(noun="customer", ref=ref)
        return record


def _recognized(
    place: SetTaxLocation | None, *, is_checked: bool
) -> tuple[Address | None, TaxLocation]:
    if place is None:
        return None, "unknown"
    try:
        return recognized(place), "recognized"
    except TaxLocationInvalid:
        if is_checked:
            raise
        return None, "unrecognized"


def owner_in(metadata: dict[str, str]) -> Owner | None:
    """Read the owner that a customer's metadata names."""
    type_, id_ = metadata.get(OWNER_TYPE_METADATA), metadata.get(OWNER_ID_METADATA)
    return Owner(type_, id_) if type_ and id_ else None
