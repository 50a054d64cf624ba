"""The catalog: the host's plans, their prices at each processor, and what they grant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accrue_core.errors import ConfigurationError, InvalidRequest, UnknownPlan


@dataclass(frozen=True, slots=True)
class Price:
    """One processor's ref for a price, for subscribing to something outside the catalog."""

    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the host sells under one key.

    ``prices`` maps a processor's name to its refs for this plan: the first is what new
    subscriptions get, the others (last year's price, a yearly one) grant the same features.
    ``is_default`` makes it the free plan that every owner has, with no row and no entry.
    """

    key: str
    features: frozenset[str] | Iterable[str] = frozenset()
    prices: Mapping[str, str | Iterable[str]] = field(default_factory=dict)
    name: str = ""
    is_default: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.features, str):
            raise ConfigurationError(f"features is a set of names: write {{{self.features!r}}}")
        prices = {
            processor: (refs,) if isinstance(refs, str) else tuple(refs)
            for processor, refs in self.prices.items()
        }
        object.__setattr__(self, "features", frozenset(self.features))
        object.__setattr__(self, "prices", prices)
        object.__setattr__(self, "name", self.name or self.key.replace("_", " ").capitalize())

    def refs(self, processor: str) -> tuple[str, ...]:
        """Return a processor's refs for this plan."""
        return tuple(self.prices.get(processor, ()))


class Catalog:
    """All plans. A price may belong to one plan only, and one plan may be the free default."""

    def __init__(self, *plans: Plan) -> None:
        self.plans: dict[str, Plan] = {}
        self._by_price: dict[tuple[str, str], Plan] = {}
        for plan in plans:
            if plan.key in self.plans:
                raise ConfigurationError(f"two plans have the key {plan.key!r}")
            self.plans[plan.key] = plan
            for processor in plan.prices:
                for ref in plan.refs(processor):
                    if (processor, ref) in self._by_price:
                        raise ConfigurationError(f"price {ref!r} belongs to two plans")
                    self._by_price[(processor, ref)] = plan
        defaults = [plan for plan in plans if plan.is_default]
        if len(defaults) > 1:
            raise ConfigurationError("only one plan can be the free default")
        self.default: Plan | None = defaults[0] if defaults else None
        self.features = frozenset().union(*(plan.features for plan in plans))

    def plan(self, key: str) -> Plan:
        """Return a plan, or ``UnknownPlan`` with the keys there are."""
        if key not in self.plans:
            known = ", ".join(sorted(self.plans)) or "none; pass catalog=Catalog(...) to Accrue"
            raise UnknownPlan(f"no plan {key!r} in the catalog; there is: {known}")
        return self.plans[key]

    def price(self, wanted: str | Price, processor: str) -> str:
        """Return the ref that subscribing to a plan or a price means at a processor."""
        if isinstance(wanted, Price):
            return wanted.ref
        if not isinstance(wanted, str):
            raise InvalidRequest(
                f"subscribe to a plan's key or to Price(ref), not {type(wanted).__name__}"
            )
        refs = self.plan(wanted).refs(processor)
        if not refs:
            raise UnknownPlan(
                f"plan {wanted!r} has no price at {processor}; "
                f"write Plan(key={wanted!r}, prices={{{processor!r}: '...'}})"
            )
        return refs[0]

    def plan_of(self, processor: str, price: str) -> Plan | None:
        """Return the plan a price belongs to; an unmapped price grants nothing."""
        return self._by_price.get((processor, price))

    def require_feature(self, feature: str) -> str:
        """Return the feature, or ``InvalidRequest`` when no plan has it: a typo locks all out."""
        if feature not in self.features:
            known = ", ".join(sorted(self.features)) or "none"
            raise InvalidRequest(f"no plan has the feature {feature!r}; features: {known}")
        return feature
