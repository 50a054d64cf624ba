"""Webhook endpoints, as the stand-in account keeps them. It sends nothing to them."""

from __future__ import annotations

from tests.stripe.account.books import Books, Refused
from tests.stripe.objects import Json


def create(books: Books, asked: Json) -> Json:
    """Make an endpoint; only this answer has its secret."""
    if not asked["url"].startswith("https://"):
        raise Refused(400, code="url_invalid", param="url")
    ref = books.new_ref("webhook_endpoint")
    endpoint = {
        "id": ref,
        "object": "webhook_endpoint",
        "api_version": asked.get("api_version"),
        "application": None,
        "created": books.now,
        "description": asked.get("description"),
        "enabled_events": asked["enabled_events"],
        "livemode": False,
        "metadata": asked.get("metadata", {}),
        "status": "enabled",
        "url": asked["url"],
    }
    books.put(endpoint)
    return endpoint | {"secret": f"whsec_{ref}"}


def update(books: Books, asked: Json, ref: str) -> Json:
    """Change what is sent to an endpoint, or whether."""
    endpoint = books.at("webhook_endpoint", ref)
    if "disabled" in asked:
        endpoint["status"] = "disabled" if asked["disabled"] else "enabled"
    endpoint["enabled_events"] = asked.get("enabled_events", endpoint["enabled_events"])
    return endpoint


def delete(books: Books, asked: Json, ref: str) -> Json:
    """Take an endpoint away."""
    books.at("webhook_endpoint", ref)
    books.remove("webhook_endpoint", ref)
    return {"id": ref, "object": "webhook_endpoint", "deleted": True}


def listed(books: Books, asked: Json) -> Json:
    """List all endpoints."""
    return books.page("/v1/webhook_endpoints", asked, books.all("webhook_endpoint"))
