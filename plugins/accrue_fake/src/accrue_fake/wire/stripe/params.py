"""Parameters, read by those who know what they are: numbers, moments, words, maps, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from accrue_fake.wire.stripe import forms
from accrue_fake.wire.stripe.problems import Refused, invalid, not_played, not_played_then
from accrue_fake.wire.stripe.shapes import parameters
from accrue_fake.wire.stripe.shapes.keys import API_VERSION
from accrue_fake.wire.stripe.shapes.versions import PRESENT, release_of

LONGEST_TEXT = 5000
MOST_METADATA = 50
_LATEST = 253_402_300_799
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)


class Params:
    """What a request says. ``at`` is the name of the parameter that these stand below."""

    def __init__(self, values: Mapping[str, Any], at: str = "") -> None:
        self.values = values
        self._at = at

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def name_of(self, name: str) -> str:
        """Return a parameter's full name."""
        return f"{self._at}[{name}]" if self._at else name

    def is_cleared(self, name: str) -> bool:
        """Whether a parameter is there and empty, which takes a value away."""
        return self.values.get(name) == ""

    def text(self, name: str) -> str | None:
        """Return text; nothing where it is missing or cleared."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {self.name_of(name)}", param=self.name_of(name))
        if len(value) > LONGEST_TEXT:
            raise invalid(
                f"Invalid string: at most {LONGEST_TEXT} characters.",
                code="parameter_invalid_string",
                param=self.name_of(name),
            )
        return value

    def required(self, name: str) -> str:
        """Return text that must be there."""
        text = self.text(name)
        if text is None:
            raise self.missing(name)
        return text

    def missing(self, name: str) -> Refused:
        """Say that a parameter is missing, or empty."""
        param = self.name_of(name)
        if self.is_cleared(name):
            return invalid(
                f"You passed an empty string for '{param}'.",
                code="parameter_invalid_empty",
                param=param,
            )
        return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)

    def integer(
        self, name: str, *, least: int | None = None, most: int | None = None
    ) -> int | None:
        """Return a whole number."""
        text = self.text(name)
        if text is None:
            return None
        number = int(text) if _NUMBER.fullmatch(text) else None
        if number is None or (least is not None and number < least):
            raise self._wrong(name, "integer", text)
        if most is not None and number > most:
            raise self._wrong(name, "integer", text)
        return number

    def decimal(self, name: str) -> str | None:
        """Return an exact decimal as it was written."""
        text = self.text(name)
        if text is not None and not _DECIMAL.fullmatch(text):
            raise self._wrong(name, "decimal", text)
        return text

    def flag(self, name: str) -> bool | None:
        """Return yes or no."""
        text = self.text(name)
        if text is None:
            return None
        if text not in ("true", "false"):
            raise self._wrong(name, "boolean", text)
        return text == "true"

    def moment(self, name: str) -> datetime | None:
        """Return a moment that was given in whole seconds."""
        number = self.integer(name, least=0, most=_LATEST)
        return None if number is None else datetime.fromtimestamp(number, UTC)

    def word(self, name: str, *words: str) -> str | None:
        """Return one of these words."""
        text = self.text(name)
        if text is not None and text not in words:
            raise invalid(
                f"Invalid {self.name_of(name)}: must be one of {', '.join(words)}",
                param=self.name_of(name),
            )
        return text

    def below(self, name: str) -> Params:
        """Return what stands below a name; nothing stands below what is missing or cleared."""
        value = self.values.get(name, {})
        if value == "":
            value = {}
        if not isinstance(value, Mapping):
            raise invalid(f"Invalid object: {self.name_of(name)}", param=self.name_of(name))
        return Params(value, self.name_of(name))

    def each(self, name: str) -> list[Params]:
        """Return the maps of a list."""
        found = []
        for place, value in enumerate(self._list(name)):
            at = f"{self.name_of(name)}[{place}]"
            if not isinstance(value, Mapping):
                raise invalid(f"Invalid object: {at}", param=at)
            found.append(Params(value, at))
        return found

    def words(self, name: str) -> list[str]:
        """Return the texts of a list."""
        found = self._list(name)
        if not all(isinstance(one, str) for one in found):
            raise invalid(f"Invalid array: {self.name_of(name)}", param=self.name_of(name))
        return found

    def metadata(self) -> dict[str, str | None] | None:
        """Return what is said about metadata: a value, or nothing for a name that goes.

        ``None`` stands for nothing said; a name of its own, ``""``, clears everything.
        """
        value = self.values.get("metadata")
        if value is None:
            return None
        if value == "":
            return {"": None}
        if not isinstance(value, Mapping) or not all(isinstance(x, str) for x in value.values()):
            raise invalid("Invalid metadata: names and texts.", param=self.name_of("metadata"))
        if len(value) > MOST_METADATA or any(not 0 < len(key) <= 40 for key in value):
            raise invalid("Invalid metadata: too many or too long names.", param="metadata")
        if any(len(text) > 500 for text in value.values()):
            raise invalid("Invalid metadata: a value is too long.", param="metadata")
        return {key: text or None for key, text in value.items()}

    def only(self, *played: str) -> None:
        """Refuse aloud what Stripe takes and nothing here answers to."""
        for name in self.values:
            if name not in played and name != "expand":
                raise not_played(self.name_of(name))

    def _list(self, name: str) -> list[Any]:
        value = self.values.get(name, [])
        if value == "":
            return []
        if not isinstance(value, list):
            raise invalid(f"Invalid array: {self.name_of(name)}", param=self.name_of(name))
        return value

    def _wrong(self, name: str, kind: str, text: str) -> Refused:
        return invalid(
            f"Invalid {kind}: {text[:40]}",
            code="parameter_invalid_integer" if kind == "integer" else None,
            param=self.name_of(name),
        )


def checked(route: str, values: Mapping[str, Any], version: str = API_VERSION) -> Params:
    """Return the parameters of a request, or refuse those that its route does not take.

    They are the present ones whatever the version is: that an earlier one did not have a parameter
    cannot be said here.
    """
    unknown = [path for path in forms.leaves(values) if path and not _is_known(route, path)]
    if unknown:
        param = forms.named(unknown[0])
        if release_of(version) != PRESENT:
            raise not_played_then(param)
        said = ", ".join(dict.fromkeys(forms.named(path) for path in unknown[:5]))
        raise invalid(f"Received unknown parameter: {said}", code="parameter_unknown", param=param)
    params = Params(values)
    for name in sorted(parameters.required(route) - set(values)):
        raise params.missing(name)
    return params


def merged(known: Mapping[str, str], said: Mapping[str, str | None]) -> dict[str, str]:
    """Return metadata after a request: named values are set, empty ones go."""
    if "" in said:
        return {}
    whole = {**known, **said}
    return {name: value for name, value in whole.items() if value is not None}


def _is_known(route: str, path: tuple[str, ...]) -> bool:
    if route not in parameters.routes():
        return path[0] == "expand"
    if path == ("page",) and route.startswith("GET /v2/"):
        return True
    return parameters.allowed(route, path)


def metadata_of(params: Params, known: Mapping[str, str]) -> dict[str, Any]:
    """Return what a request makes of an object's metadata, as facts; none if it is silent."""
    said = params.metadata()
    return {} if said is None else {"metadata": merged(known, said)}
