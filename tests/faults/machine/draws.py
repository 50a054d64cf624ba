"""What is drawn for the steps of a machine: owners, terms, wishes, phases, and trouble."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.faults.machine.town import CARDS, COUPONS, EVERYBODY, GOOD, OWNERS, PLANS

WHICH = st.integers(0, 3)
OWNER = st.sampled_from(OWNERS)
ANYBODY = st.sampled_from(EVERYBODY)
PLAN = st.sampled_from(PLANS)
CARD = st.sampled_from([GOOD] * 4 + list(CARDS))
TERMS = st.fixed_dictionaries(
    {"payment_method": CARD},
    optional={
        "quantity": st.integers(1, 3),
        "by_ref": st.booleans(),
        "also": st.dictionaries(PLAN, st.integers(1, 2), min_size=1, max_size=2),
        "coupon": st.sampled_from([*COUPONS, "unknown"]),
        "automatic_tax": st.booleans(),
    },
)
BEGINNINGS = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries(
        {"trial": st.tuples(st.sampled_from([3, 14]), st.booleans())},
        optional={"trial_without_card": st.sampled_from(["invoice", "cancel", "pause"])},
    ),
    st.fixed_dictionaries(
        {}, optional={
            "anchor": st.sampled_from([1, 24 * 9]),
            "backdated_to": st.sampled_from([-1, -24 * 40]),
            "proration": st.sampled_from(["create_prorations", "none"]),
        },
    ),
    st.fixed_dictionaries({"collect": st.just("invoice")}),
)  # fmt: skip
WISHES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["swap", "quantity", "add", "remove"]),
        "plan": PLAN,
        "quantity": st.sampled_from([None, 1, 2, 5]),
        "item": st.sampled_from([None, None, 0, 1]),
        "proration": st.sampled_from(["create_prorations", "always_invoice", "none"]),
    }
)
PHASES = st.lists(
    st.tuples(
        PLAN,
        st.sampled_from([1, 20, 45]),
        st.sampled_from(["create_prorations", "always_invoice", "none"]),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([None, None, "half"]),
    ),
    min_size=1,
    max_size=3,
)
STRUCK = (
    None, None, "customers.create", "customers.update", "customers.set_tax_location",
    "customers.assign", "payment_methods.attach", "subscriptions.create",
    "subscriptions.change", "subscriptions.change", "subscriptions.preview",
    "subscriptions.cancel", "subscriptions.keep", "subscriptions.pause",
    "subscriptions.resume", "subscriptions.set_trial_end", "subscriptions.fetch",
    "schedules.create", "schedules.update", "schedules.release", "schedules.cancel",
    "checkout.create", "invoices.fetch", "customers.fetch",
)  # fmt: skip
CALLS = st.sampled_from(STRUCK)
MEDDLED_WITH = (
    "subscriptions.create", "subscriptions.change", "subscriptions.change",
    "subscriptions.cancel", "customers.assign", "customers.create", "schedules.create",
    "subscriptions.fetch",
)  # fmt: skip
MEDDLED = st.sampled_from(MEDDLED_WITH)
MOMENTS = st.sampled_from(["before", "after"])
MEDDLING = st.sampled_from(["webhooks", "edit", "edit", "recover", "cancel", "move"])
TROUBLE = st.one_of(
    st.none(), st.none(), st.sampled_from(["before", "after", "500", "cut"]),
    st.tuples(MOMENTS, MEDDLING),
)  # fmt: skip
