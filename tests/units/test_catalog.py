from __future__ import annotations

from typing import Any

import pytest

from accrue_core.billing.catalog import Catalog, Plan, Price
from accrue_core.errors import ConfigurationError, InvalidRequest, UnknownPlan

CATALOG = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(
        key="pro_team",
        features={"reports", "notes"},
        prices={"stripe": ["price_new", "price_old"], "fake": "price_new"},
    ),
    Plan(key="basic", features=["export"], prices={"fake": "price_basic"}, name="Starter"),
)


@pytest.mark.parametrize(
    ("plans", "complaint"),
    [
        ([Plan(key="pro"), Plan(key="pro")], "two plans have the key 'pro'"),
        (
            [Plan(key="a", prices={"fake": "p"}), Plan(key="b", prices={"fake": ["q", "p"]})],
            "price 'p' belongs to two plans",
        ),
        ([Plan(key="a", is_default=True), Plan(key="b", is_default=True)], "only one plan"),
    ],
)
def test_a_catalog_that_contradicts_itself_stops_the_start(
    plans: list[Plan], complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Catalog(*plans)


def test_one_ref_at_two_processors_is_two_prices() -> None:
    assert CATALOG.plan_of("stripe", "price_new") is CATALOG.plan("pro_team")
    assert CATALOG.plan_of("fake", "price_new") is CATALOG.plan("pro_team")
    assert CATALOG.plan_of("stripe", "price_basic") is None
    assert CATALOG.plan_of("braintree", "price_new") is None


def test_new_subscriptions_get_the_first_price_and_old_prices_still_grant() -> None:
    assert CATALOG.price("pro_team", "stripe") == "price_new"
    assert CATALOG.plan_of("stripe", "price_old") is CATALOG.plan("pro_team")
    assert CATALOG.price(Price("price_else"), "stripe") == "price_else"


def test_an_unknown_plan_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownPlan, match=r"no plan 'prot' in the catalog.*basic, free, pro_team"):
        CATALOG.plan("prot")
    with pytest.raises(UnknownPlan, match=r"none; pass catalog=Catalog\(...\) to Accrue"):
        Catalog().plan("pro")
    with pytest.raises(UnknownPlan, match=r"no price at stripe; write Plan\(key='basic', prices="):
        CATALOG.price("basic", "stripe")
    with pytest.raises(UnknownPlan, match="no price at fake"):
        CATALOG.price("free", "fake")


@pytest.mark.parametrize("wanted", [None, 5, Plan(key="pro"), b"pro"])
def test_one_subscribes_to_a_key_or_a_price(wanted: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"a plan's key or to Price\(ref\)"):
        CATALOG.price(wanted, "fake")


def test_a_feature_that_no_plan_has_is_a_mistake_and_the_message_lists_all() -> None:
    assert CATALOG.require_feature("reports") == "reports"
    with pytest.raises(InvalidRequest, match="'repots'; features: export, notes, reports"):
        CATALOG.require_feature("repots")
    with pytest.raises(InvalidRequest, match="features: none"):
        Catalog().require_feature("reports")


def test_a_plan_has_a_name_and_its_features_are_a_set() -> None:
    assert CATALOG.plan("pro_team").name == "Pro team"
    assert CATALOG.plan("basic").name == "Starter"
    assert CATALOG.plan("basic").features == frozenset({"export"})
    assert CATALOG.default is CATALOG.plan("free")
    assert Catalog(Plan(key="pro")).default is None
    assert CATALOG.features == {"notes", "reports", "export"}


def test_a_single_feature_written_as_text_is_not_a_set_of_letters() -> None:
    try:
        plan = Plan(key="pro", features="reports")
    except ConfigurationError:
        return
    assert plan.features == frozenset({"reports"})
