"""The keys and parameters in the package are those of the SDK that is installed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accrue_fake.wire.stripe.shapes import keys, render
from accrue_fake.wire.stripe.shapes.versions import PRESENT, RELEASES
from tools import stripe_keys


@pytest.fixture(scope="module")
def derived() -> dict[str, Any]:
    return {name: json.loads(text) for name, text in stripe_keys.files().items()}


def committed(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((stripe_keys.SHAPES / name).read_text(encoding="utf-8"))
    return read


def test_no_key_of_an_object_has_come_gone_or_moved(derived: dict[str, Any]) -> None:
    ours, theirs = committed("keys.json")["shapes"], derived["keys.json"]["shapes"]

    assert flat(ours) ^ flat(theirs) == set()


def test_no_parameter_of_a_route_has_come_gone_or_moved(derived: dict[str, Any]) -> None:
    ours, theirs = committed("parameters.json")["routes"], derived["parameters.json"]["routes"]

    assert flat(ours) ^ flat(theirs) == set()


@pytest.mark.parametrize("name", ["keys.json", "parameters.json"])
def test_a_file_is_what_the_tool_writes(name: str) -> None:
    assert (stripe_keys.SHAPES / name).read_text(encoding="utf-8") == stripe_keys.files()[name], (
        "run python -m tools.stripe_keys"
    )


def test_the_version_is_that_of_the_data() -> None:
    assert committed("keys.json")["version"] == keys.API_VERSION
    assert committed("parameters.json")["version"] == keys.API_VERSION


def test_every_earlier_release_is_in_the_data_by_its_last_version() -> None:
    names = [name for name in RELEASES if name != PRESENT]
    last = [f"{RELEASES[name][0]}.{name}".removesuffix(".") for name in names]

    assert list(committed("past.json")["releases"]) == last
    assert f"{RELEASES[PRESENT][0]}.{PRESENT}" == keys.API_VERSION


def test_every_kind_that_is_rendered_has_its_keys_in_the_data() -> None:
    assert render.RENDERERS.keys() - set(keys.objects()) == {"loose_payment_intent"}


@pytest.mark.parametrize(
    ("kind", "path", "of"),
    [
        ("subscription", "latest_invoice", "invoice"),
        ("subscription", "discounts", "discount"),
        ("customer", "invoice_settings.default_payment_method", "payment_method"),
        ("line_item", "pricing.price_details.price", "price"),
        ("invoice_payment", "payment.payment_intent", "payment_intent"),
        ("invoice", "parent.subscription_details.subscription", "subscription"),
        ("price", "product", "product"),
        ("checkout.session", "subscription", "subscription"),
    ],
)
def test_an_id_can_be_expanded_to_what_it_is_of(kind: str, path: str, of: str) -> None:
    assert render.expandable()[kind][path] == of


def test_what_is_no_id_cannot_be_expanded() -> None:
    assert "status" not in render.expandable()["subscription"]
    assert "items" not in render.expandable()["subscription"]


def flat(tree: Any, *above: str) -> set[str]:
    """Return each name in a tree with those above it, so that a difference has a name."""
    if isinstance(tree, dict):
        return {"/".join(above)} | {
            path for name, below in tree.items() for path in flat(below, *above, name)
        }
    if isinstance(tree, list):
        return {"/".join((*above, str(name))) for name in tree}
    return {"/".join(above)}
