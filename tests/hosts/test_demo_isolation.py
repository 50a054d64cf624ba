"""Whoever is signed in sees their own organization, whatever their requests name."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples.litestar_saas.catalog import OFFERS
from examples.litestar_saas.people import VISITORS, Organization, Person, members_of
from tests.hosts.demo_host import Place, copy_of_the_year, form, opened

MEMBERS = tuple(person for person in VISITORS if not person.is_operator)
OWNERS = tuple(person.organization for person in MEMBERS)
GETS = ("/", "/plans", "/reports", "/reports/closed", "/settings", "/checkout/done", "/demo/clock")
POSTS = ("/checkout", "/card", "/subscription/cancel", "/subscription/keep", "/demo/clock")
REQUESTS = (*(("GET", path) for path in GETS), *(("POST", path) for path in POSTS))
FIELDS = {
    "session": ("session",),
    "subscription_id": ("subscription",),
    "organization": ("organization", "customer"),
    "owner": ("organization", "customer"),
    "id": ("subscription", "invoice", "session", "person"),
    "back": ("name", "invoice"),
}
"""What a request may name, and of which kinds the names are that belong there."""

_numbers = count()
Wish = tuple[str, str, dict[str, str]]
Hidden = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What each organization would not have others see, by kind."""

    hidden: Mapping[str, Hidden]

    def of_others(self, organization: Organization) -> list[str]:
        """Return everything distinctive of all organizations but one."""
        return [
            value
            for owner, kinds in self.hidden.items()
            for values in kinds.values()
            for value in values
            if owner != organization.id and value not in self.hidden
        ]

    def pick(self, owner: str, field: str, number: int) -> str:
        """Return something of an organization's that fits a field."""
        kinds = [kind for kind in FIELDS[field] if self.hidden[owner][kind]] or ["organization"]
        kind, rest = kinds[number % len(kinds)], number // len(kinds)
        return self.hidden[owner][kind][rest % len(self.hidden[owner][kind])]


@pytest.fixture(scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("isolation") / "demo"
    async with opened(copy_of_the_year(folder)) as place:
        yield place


@pytest.fixture(scope="module")
async def known(place: Place) -> Known:
    """Return names, addresses, ids, refs and numbers of every organization with a visitor."""
    return Known({owner.id: await _hidden(place, owner) for owner in OWNERS})


async def test_every_organization_has_something_to_hide(known: Known) -> None:
    for owner in OWNERS:
        own = {word for words in known.hidden[owner.id].values() for word in words} - {owner.id}
        assert len(own) > 2
        assert not own & set(known.of_others(owner))


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("person", MEMBERS, ids=lambda person: str(person.id))
async def test_naming_another_organization_everywhere_shows_and_moves_nothing(
    place: Place, known: Known, person: Person, number: int
) -> None:
    wishes = [
        (*request, {field: known.pick(other.id, field, number) for field in FIELDS})
        for request in REQUESTS
        for other in _others(person)
    ]

    await _try(place, known, person, wishes)


wish = st.tuples(
    st.sampled_from(REQUESTS),
    st.lists(st.tuples(st.sampled_from(sorted(FIELDS)), st.integers(0, 60)), max_size=3),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    person=st.sampled_from(MEMBERS),
    others=st.permutations(sorted(one.id for one in OWNERS)),
    drawn=st.lists(wish, min_size=4, max_size=8),
)
async def test_no_sequence_of_requests_shows_or_moves_anything(
    place: Place,
    known: Known,
    person: Person,
    others: list[str],
    drawn: list[tuple[tuple[str, str], list[tuple[str, int]]]],
) -> None:
    wishes = [
        (
            *request,
            {field: known.pick(others[number % 5], field, number) for field, number in names},
        )
        for request, names in drawn
    ]

    await _try(place, known, person, wishes)


async def _try(place: Place, known: Known, person: Person, wishes: list[Wish]) -> None:
    """Send what somebody wishes; what comes back and what is left concerns nobody else."""
    hidden, before = known.of_others(person.organization), await _stands(place, person)

    async with place.signed_in(person.id) as client:
        token = form((await client.get("/plans")).text, "/demo/clock")["_csrf_token"]
        for method, path, named in wishes:
            answer = await _sent(client, method, path, named, token)
            shown = html.unescape(f"{answer.headers} {answer.text}")
            # What the request itself has named may be repeated.
            seen = [one for one in hidden if one in shown and one not in named.values()]
            assert seen == [], (method, path, named)
            assert answer.status_code < 500, (method, path, named)

    assert await _stands(place, person) == before


async def _sent(
    client: httpx.AsyncClient, method: str, path: str, named: dict[str, str], token: str
) -> httpx.Response:
    if method == "GET":
        return await client.get(path, params=named)
    needed = {
        "_csrf_token": token,
        "operation_id": f"op_{next(_numbers)}",
        "offer": OFFERS[0].ref,
        "seats": "2",
        "step": "day",
        "seen": "never",
    }
    return await client.post(path, params=named, data={**needed, **named})


async def _stands(place: Place, person: Person) -> dict[str, Any]:
    """Return how the other organizations stand, and how much was ever written about them."""
    billing, stands = place.host.accrue.billing, {}
    for other in _others(person):
        held = await billing.subscriptions(other)
        told = await billing.timeline_for(other, limit=500)
        stands[other.id] = ([(one.id, one.cancel_at) for one in held], len(told.items))
    return stands


def _others(person: Person) -> list[Organization]:
    return [owner for owner in OWNERS if owner != person.organization]


async def _hidden(place: Place, organization: Organization) -> Hidden:
    billing = place.host.accrue.billing
    customer = await billing.find_customer(organization)
    held = await billing.subscriptions(organization)
    drawn_up = (await billing.invoices(organization)).items
    sessions = await billing.checkout_sessions(organization)
    told = (await billing.timeline_for(organization, limit=500)).items
    members = members_of(organization)
    return {
        "organization": [organization.id],
        "name": [organization.name, organization.email, *(member.name for member in members)],
        "person": [member.email for member in members],
        "customer": [] if customer is None else [customer.id, customer.ref],
        "subscription": [word for one in held for word in (one.id, one.ref)],
        "invoice": [word for one in drawn_up for word in (one.id, one.ref, one.number or one.id)],
        "session": [word for one in sessions for word in (one.id, one.ref)],
        "entry": [entry.id for entry in told],
    }
