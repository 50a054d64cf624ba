"""Who there is. A real host reads this from its own database."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core import BillingContact, Owner


@dataclass(frozen=True, slots=True)
class Organization:
    """Who pays. Verbs of Accrue take it wherever they take an owner."""

    id: str
    name: str
    currency: str = "usd"

    @property
    def email(self) -> str:
        """Where its invoices are sent."""
        return f"accounts@{self.id}.example"

    def billing_owner(self) -> Owner:
        """Return the owner this organization is to Accrue."""
        return Owner("organization", self.id)

    def billing_contact(self) -> BillingContact:
        """Return the name and address for the processor."""
        return BillingContact(name=self.name, email=self.email)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of one organization; an operator's is Fieldnotes itself, which pays nobody."""

    id: str
    name: str
    organization: Organization
    title: str = "Member"

    @property
    def is_operator(self) -> bool:
        """Whether this is one of those who run Fieldnotes."""
        return self.organization == FIELDNOTES

    @property
    def email(self) -> str:
        """Where they are written to."""
        return f"{self.id}@{self.organization.id}.example"


FIELDNOTES = Organization("fieldnotes", "Fieldnotes")


BIRCH = Organization("birch", "Birch Bindery")
KITE = Organization("kite", "Kite & Compass")
JUNIPER = Organization("juniper", "Juniper Field School", currency="eur")
STILLWATER = Organization("stillwater", "Stillwater Surveys")
HARBOR = Organization("harbor", "Harbor Lights")

INES = Person("ines", "Ines Moreau", BIRCH, "Owner")
TOMASZ = Person("tomasz", "Tomasz Nowak", KITE, "Owner")
AMARA = Person("amara", "Amara Okafor", JUNIPER, "Owner")
LUCAS = Person("lucas", "Lucas Brandt", STILLWATER, "Owner")
SOFIA = Person("sofia", "Sofia Reyes", HARBOR, "Owner")
NOOR = Person("noor", "Noor Haddad", FIELDNOTES, "Operator")

VISITORS = (SOFIA, INES, TOMASZ, AMARA, LUCAS, NOOR)
"""As whom one can sign in."""

_OTHERS = (
    Person("joon", "Joon Park", BIRCH),
    Person("wen", "Wen Tao", BIRCH),
    Person("elsa", "Elsa Lindqvist", KITE),
    Person("kofi", "Kofi Mensah", JUNIPER),
    Person("marta", "Marta Silva", JUNIPER),
    Person("henrik", "Henrik Dahl", JUNIPER),
    Person("yuki", "Yuki Arai", JUNIPER),
    Person("priya", "Priya Nair", JUNIPER),
    Person("oscar", "Oscar Whitfield", STILLWATER),
    Person("dara", "Dara Quinn", HARBOR),
)
PEOPLE = {person.id: person for person in (*VISITORS, *_OTHERS)}


def members_of(organization: Organization) -> list[Person]:
    """Return everybody in an organization."""
    return [person for person in PEOPLE.values() if person.organization == organization]
