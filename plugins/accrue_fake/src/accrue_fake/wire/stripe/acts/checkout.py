"""``/v1/checkout/sessions`` and ``/v1/billing_portal/sessions``: the engine's own pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accrue_core.contracts.checkout import CheckoutStatus, CreateCheckoutSession
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.portal import CreatePortalSession
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.acts.customers import NOBODY
from accrue_fake.wire.stripe.acts.items import new_items
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, is_within, page
from accrue_fake.wire.stripe.params import Params, merged, metadata_of
from accrue_fake.wire.stripe.problems import invalid, missing, not_played

_SHOWN = ("client_reference_id", "locale", "submit_type", "billing_address_collection")
_CREATED = (
    "mode", "ui_mode", "line_items", "success_url", "cancel_url", "customer", "customer_email",
    "subscription_data", "metadata", "payment_method_collection", "allow_promotion_codes", *_SHOWN,
)  # fmt: skip
_FLOWS = ("payment_method_update", "subscription_cancel")


def create(desk: Desk, call: Call) -> Json:
    """Open a page on which a customer subscribes."""
    params = call.params
    params.only(*_CREATED)
    if params.word("mode", "payment", "setup", "subscription") != "subscription":
        raise not_played("mode (other than subscription)")
    if params.text("ui_mode") not in (None, "hosted_page"):
        raise not_played("ui_mode (other than hosted_page)")
    if params.flag("allow_promotion_codes"):
        raise not_played("allow_promotion_codes")
    request = _request(desk, params)
    key = desk.key(request.metadata)
    ref = str(desk.engine.checkout.create(request, key=key).main.ref)
    facts: Json = {name: params.text(name) for name in _SHOWN if name in params}
    facts["metadata"] = merged({}, params.metadata() or {})
    desk.account.say(ref, facts)
    return desk.show("checkout.session", ref)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a checkout session."""
    return _found(desk, call)


def update(desk: Desk, call: Call) -> Json:
    """Change a session's metadata."""
    call.params.only("metadata")
    shown = _found(desk, call)
    facts = metadata_of(call.params, shown["metadata"])
    desk.account.say(shown["id"], facts)
    return desk.show("checkout.session", shown["id"])


def expire(desk: Desk, call: Call) -> Json:
    """Close a session that nobody has completed."""
    call.params.only()
    shown = _found(desk, call)
    if shown["status"] != CheckoutStatus.OPEN:
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This one is '
            f"{shown['status']}."
        )
    desk.engine.checkout.lapse(shown["id"], desk.now)
    return desk.show("checkout.session", shown["id"])


def listed(desk: Desk, call: Call) -> Json:
    """List checkout sessions."""
    params, sessions = call.params, desk.engine.books.sessions
    params.only("customer", "subscription", "status", "created", *PAGING)
    customer, subscription = params.text("customer"), params.text("subscription")
    status = params.word("status", *CheckoutStatus)

    def fits(ref: str) -> bool:
        snapshot = sessions[ref].snapshot
        return (
            customer in (None, snapshot.customer)
            and subscription in (None, snapshot.subscription)
            and status in (None, snapshot.status)
            and is_within(params, "created", snapshot.created_at)
        )

    refs = filter(fits, reversed(sessions))
    return page(params, "/v1/checkout/sessions", refs, desk.shower("checkout.session"))


def line_items(desk: Desk, call: Call) -> Json:
    """List what a session sells."""
    call.params.only(*PAGING)
    session = _found(desk, call)
    whole = desk.shown.included(session, "line_items")
    shown = {line["id"]: line for line in whole["data"]}
    return page(call.params, whole["url"], shown, shown.__getitem__)


def open_portal(desk: Desk, call: Call) -> Json:
    """Open the portal for a customer, on its first page or on one thing."""
    params = call.params
    params.only("customer", "return_url", "flow_data", "locale", "configuration")
    customer = desk.customer(params)
    if customer is None:
        raise params.missing("customer")
    flow, subscription = _flow(desk, params, customer)
    request = CreatePortalSession(
        customer=customer,
        return_url=params.text("return_url") or "https://example.com/",
        flow=flow,
        subscription=subscription,
    )
    desk.engine.portal.create(request, key=desk.key())
    return desk.show("billing_portal.session", next(reversed(desk.engine.books.portals)))


def _request(desk: Desk, params: Params) -> CreateCheckoutSession:
    data = params.below("subscription_data")
    data.only(
        "trial_period_days", "trial_end", "metadata", "billing_mode", "description",
        "trial_settings",
    )  # fmt: skip
    days = data.integer("trial_period_days", least=1, most=730)
    end: datetime | None = data.moment("trial_end")
    success = params.required("success_url")
    customer, items = desk.customer(params), new_items(desk, params, "line_items")
    return CreateCheckoutSession(
        customer=customer or _new_customer(desk, params),
        items=items,
        success_url=success,
        cancel_url=params.text("cancel_url") or success.partition("?")[0],
        trial_days=days,
        trial_end=end,
        metadata=merged({}, data.metadata() or {}),
    )


def _new_customer(desk: Desk, params: Params) -> str:
    """Make a customer for a session that names none. Stripe makes it when somebody has paid."""
    request = CreateCustomer(owner=NOBODY, email=params.text("customer_email"))
    with desk.describing({}):
        return str(desk.engine.customers.create(request, key=desk.key()).main.ref)


def _flow(desk: Desk, params: Params, customer: str) -> tuple[Any, str | None]:
    flow = params.below("flow_data")
    flow.only("type", "after_completion", "subscription_cancel")
    kind = flow.text("type")
    if kind is None:
        return None, None
    if kind not in _FLOWS:
        raise not_played(f"flow_data[type]={kind[:40]}")
    if kind != "subscription_cancel":
        return kind, None
    cancel = flow.below("subscription_cancel")
    ref = cancel.required("subscription")
    desk.require("subscription", ref, param=cancel.name_of("subscription"))
    if ref not in desk.engine.books.customers[customer].subscriptions:
        raise missing("subscription", ref, param=cancel.name_of("subscription"), status=400)
    return kind, ref


def _found(desk: Desk, call: Call) -> Json:
    (ref,) = call.names
    if ref not in desk.engine.books.sessions:
        raise missing("checkout_session", ref, param="session")
    return desk.show("checkout.session", ref)
