"""What the database itself takes, through its driver alone: what everything is compared with."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import asyncpg

GATE = """
    SELECT s.id, i.price, i.quantity, s.status, s.cancel_at FROM accrue_customers c
    JOIN accrue_subscriptions s ON s.customer_id = c.id
    JOIN accrue_subscription_items i ON i.subscription_id = s.id
    WHERE c.owner_type = $1 AND c.owner_id = $2
"""
INBOX = "CREATE TABLE floor_inbox (id text PRIMARY KEY, body bytea NOT NULL)"
RECEIVE = "INSERT INTO floor_inbox (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING"


class Shelves:
    """A processor that is four dicts: what remembering customers and subscriptions costs at all."""

    def __init__(self) -> None:
        self.customers: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.events: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, dict[str, Any]] = {}

    async def pair(self, name: str) -> None:
        """Make a customer and a subscription, each under a key and with an event."""
        customer = await self._make(
            "customer", self.customers, f"c-{name}", {"owner": ("team", name), "subscriptions": []}
        )
        subscription = await self._make(
            "subscription",
            self.subscriptions,
            f"s-{name}",
            {"customer": customer["ref"], "status": "active", "items": [{"price": "price_bench"}]},
        )
        customer["subscriptions"].append(subscription["ref"])

    async def _make(
        self, noun: str, shelf: dict[str, dict[str, Any]], key: str, facts: dict[str, Any]
    ) -> dict[str, Any]:
        await asyncio.sleep(0)
        if key not in self.answers:
            ref, event = f"{noun}_{len(shelf):06d}", f"evt_{len(self.events):06d}"
            shelf[ref] = self.answers[key] = {"ref": ref, **facts}
            self.events[event] = {"id": event, "type": f"{noun}.created", "object": ref}
        return self.answers[key]


class Floor:
    """One driver connection to the database under test."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._number = 0

    @classmethod
    async def connect(cls, database_url: str) -> Floor:
        """Connect without SQLAlchemy."""
        connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
        await connection.execute(INBOX)
        return cls(connection)

    async def gate(self, owner_type: str, owner_id: str) -> None:
        """The gate's question as one prepared statement."""
        await self._connection.fetch(GATE, owner_type, owner_id)

    async def receive(self) -> None:
        """One durable, deduplicated insert of a webhook's body."""
        self._number += 1
        await self._connection.execute(RECEIVE, f"evt_{self._number}", os.urandom(200))

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()
