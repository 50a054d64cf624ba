"""Customers: made, changed, deleted."""

from __future__ import annotations

from dataclasses import replace

from accrue_core.contracts.customers import (
    OWNER_ID_METADATA,
    OWNER_TYPE_METADATA,
    CreateCustomer,
    CustomerSnapshot,
    UpdateCustomer,
)
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Answer, GoneSnapshot, Key
from accrue_core.errors import RemoteMissing
from accrue_core.owners import Owner
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.records import CreditMovement, CustomerRecord
from accrue_fake.engine.standing import Standing


class Customers:
    """What can be asked about customers, and what a seller can do to one behind core's back."""

    def __init__(self, books: Books, emitter: Emitter, memory: Memory, standing: Standing) -> None:
        self._books = books
        self._emitter = emitter
        self._memory = memory
        self._standing = standing

    def create(self, request: CreateCustomer, *, key: Key) -> Answer:
        """Create a customer whose metadata names its owner and the operation."""
        return self._memory.once(request, key, self._create)

    def update(self, request: UpdateCustomer, *, key: Key) -> Answer:
        """Let a customer have this name and this address."""
        return self._memory.once(request, key, self._update)

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
        return tuple(find(self._books.customers, "customer", ref).credit)

    def edit(self, ref: str, *, name: str | None = None, email: str | None = None) -> Answer:
        """Change name or address, as in the processor's own dashboard."""
        record = self._existing(ref)
        before = record.snapshot
        record.snapshot = replace(
            before,
            name=before.name if name is None else name,
            email=before.email if email is None else email,
        )
        if record.snapshot != before:
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

    def _create(self, request: CreateCustomer, key: Key) -> Answer:
        owner = request.owner
        metadata = {
            **request.metadata,
            OWNER_TYPE_METADATA: owner.type,
            OWNER_ID_METADATA: owner.id,
            OPERATION_METADATA: key.operation_id,
        }
        ref = self._books.new_ref("cus")
        snapshot = CustomerSnapshot(
            ref=ref,
            owner=owner_in(metadata),
            name=request.name,
            email=request.email,
            created_at=self._books.now,
        )
        self._books.customers[ref] = CustomerRecord(snapshot=snapshot, metadata=metadata)
        self._books.note_made(key.operation_id, ref)
        self._emitter.emit("customer.created", "customer", ref)
        return Answer(snapshot)

    def _update(self, request: UpdateCustomer, _: Key) -> Answer:
        return self.edit(request.ref, name=request.name, email=request.email)

    def _existing(self, ref: str) -> CustomerRecord:
        record = find(self._books.customers, "customer", ref)
        if record.is_deleted:
            raise RemoteMissing(noun="customer", ref=ref)
        return record


def owner_in(metadata: dict[str, str]) -> Owner | None:
    """Read the owner that a customer's metadata names."""
    type_, id_ = metadata.get(OWNER_TYPE_METADATA), metadata.get(OWNER_ID_METADATA)
    return Owner(type_, id_) if type_ and id_ else None
