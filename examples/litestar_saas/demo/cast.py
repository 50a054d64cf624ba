"""The organizations that nobody signs in to: invented names, and who speaks for each."""

from __future__ import annotations

from examples.litestar_saas.people import Organization, Person

_NAMES = (
    ("Alder Creek Rangers", "Nadia Petrova"),
    ("Blackthorn Beekeepers", "Samuel Okoro"),
    ("Cinder Path Museum", "Clara Jansen"),
    ("Dovecote Nursery School", "Mateo Rojas"),
    ("Eastwater Rowing Archive", "Greta Holm"),
    ("Fernhill Land Trust", "Anil Deshpande"),
    ("Gable & Wren Surveyors", "Beatrix Vogel"),
    ("Hollow Oak Choir", "Callum Reid"),
    ("Inkwell Night School", "Farah Siddiqui"),
    ("Jackdaw Theatre Works", "Emil Kovacs"),
    ("Kestrel Ridge Wardens", "Linh Pham"),
    ("Larkspur Herbarium", "Odile Girard"),
    ("Millrace Pottery", "Ruben Castro"),
    ("Nettle Lane Midwives", "Hana Sato"),
    ("Orchard Road Luthiers", "Peter Novak"),
    ("Pepperwood Field Station", "Imani Wanjiru"),
    ("Quillon Fencing Club", "Tove Eriksen"),
    ("Redshank Estuary Watch", "Declan Byrne"),
    ("Saltbox Boatbuilders", "Maren Olsen"),
    ("Thistledown Orchestra", "Yusuf Aydin"),
    ("Underhill Cartographers", "Isla Fraser"),
    ("Vellum & Thread", "Paulo Teixeira"),
    ("Wharfside Pantry", "Zofia Lis"),
    ("Yarrow Street Clinic", "Arjun Mehta"),
    ("Zephyr Gliding School", "Leonie Kraus"),
    ("Ashgrove Weather Diary", "Tariq Rahman"),
    ("Bramble Lane Allotments", "Molly Harker"),
    ("Copperleaf Restorers", "Andrei Popa"),
    ("Driftwood Film Circle", "Sana Malik"),
    ("Ember Lane Smithy", "Jonas Bergman"),
    ("Foxglove Seed Library", "Aiko Mori"),
    ("Granary Yard Printers", "Diego Fuentes"),
    ("Hearthstone Bakers", "Elin Nyberg"),
    ("Ivy Court Genealogists", "Rosa Ferraro"),
    ("Lantern Bay Divers", "Kwame Boateng"),
    ("Moorfold Shepherds", "Siobhan Daly"),
    ("Northgate Ringers", "Viktor Hruby"),
    ("Otterburn Ferry", "Camille Roux"),
    ("Plumbline Masons", "Tendai Moyo"),
    ("Rookery Hall School", "Astrid Lund"),
)
_CURRENCIES = {3: "eur", 11: "eur", 13: "jpy", 24: "eur", 30: "jpy"}


def _member(number: int, name: str, speaker: str) -> Person:
    word = "".join(letter if letter.isalnum() else " " for letter in name.lower())
    organization = Organization("-".join(word.split()[:2]), name, _CURRENCIES.get(number, "usd"))
    return Person(speaker.split()[0].lower(), speaker, organization, "Owner")


CAST = tuple(_member(number, *names) for number, names in enumerate(_NAMES))
