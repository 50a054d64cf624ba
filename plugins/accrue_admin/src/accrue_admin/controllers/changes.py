"""Change what a subscription is for: chosen, shown with every amount, and then made as shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Template

from accrue_admin import copy, terms
from accrue_admin.cases import Dossier, dossier_of, table_of
from accrue_admin.deeds import on_offer
from accrue_admin.moved import read_shown, shown_in, what_moved
from accrue_admin.rendering import go, page
from accrue_admin.wishes import Draft, Wish, granted, previewed, wish_of
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.capabilities import UNSUPPORTED, Capability
from accrue_core.errors import CardDeclined, InvalidRequest, PreviewStale, ProcessorRejected
from accrue_core.facade import Billing


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedForm:
    """A change that was shown: what it was, its token, and what the page had said is due."""

    kind: str
    token: str
    operation_id: str
    item: str = ""
    price: str = ""
    quantity: str = ""
    proration: str = ""
    shown: str = ""

    @property
    def draft(self) -> Draft:
        """What was chosen."""
        return Draft(
            kind=self.kind,
            item=self.item,
            price=self.price,
            quantity=self.quantity,
            proration=self.proration,
        )


class ChangesController(Controller):
    """Three pages: choose, look at the amounts, and back to the subscription."""

    path = "/subscriptions/{subscription_id:str}/change"

    @get("/", name="change")
    async def choose(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        kind: FromQuery[str] = "plan",
        item: FromQuery[str] = "",
        price: FromQuery[str] = "",
        quantity: FromQuery[str] = "",
        proration: FromQuery[str] = "",
    ) -> Template:
        """Ask what shall become of the items, and of the rest of the period."""
        draft = Draft(kind=kind, item=item, price=price, quantity=quantity, proration=proration)
        return await _choice(billing, await billing.subscription(subscription_id), draft)

    @get("/preview", name="preview_change")
    async def show(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        kind: FromQuery[str] = "plan",
        item: FromQuery[str] = "",
        price: FromQuery[str] = "",
        quantity: FromQuery[str] = "",
        proration: FromQuery[str] = "",
    ) -> Template:
        """Ask the processor what it would cost, and show every line of it; change nothing."""
        draft = Draft(kind=kind, item=item, price=price, quantity=quantity, proration=proration)
        try:
            return await _amounts(billing, subscription_id, draft)
        except (InvalidRequest, ProcessorRejected) as refused:
            subscription = await billing.subscription(subscription_id)
            return await _choice(billing, subscription, draft, refused=str(refused))

    @post("/", status_code=303)
    async def make(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[AgreedForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect | Template:
        """Make exactly the change that was shown, or show what has become of it meanwhile."""
        draft = data.draft
        try:
            outcome = await granted(
                billing,
                subscription_id,
                wish_of(draft),
                token=data.token,
                operation_id=data.operation_id,
            )
        except PreviewStale:
            return await _amounts(billing, subscription_id, draft, stale=data.shown, code=409)
        except CardDeclined as declined:
            return await _amounts(
                billing, subscription_id, draft, declined=declined.reason, code=402
            )
        done = "pending" if outcome.value.is_pending else "changed"
        path = {"subscription_id": subscription_id}
        return go(request, "subscription", path=path, query={"done": done})


async def _choice(
    billing: Billing, subscription: Subscription, draft: Draft, *, refused: str = ""
) -> Template:
    table = table_of(billing, subscription)
    dossier = await dossier_of(billing, subscription)
    settles_now = (table or {}).get(Capability.CHANGE_WITH_INVOICE, UNSUPPORTED).is_available
    return page(
        "change",
        code=422 if refused else 200,
        subscription=subscription,
        customer=dossier.customer,
        draft=draft,
        refused=refused,
        offered=on_offer(subscription, table, subscription.processor).changes,
        plans=[
            plan for plan in billing.catalog.plans.values() if plan.refs(subscription.processor)
        ],
        why_not_now=_why_not_now(subscription, settles_now=settles_now),
    )


async def _amounts(
    billing: Billing,
    subscription_id: str,
    draft: Draft,
    *,
    stale: str | None = None,
    declined: str = "",
    code: int = 200,
) -> Template:
    wish = wish_of(draft)
    subscription = await billing.subscription(subscription_id)
    preview = await previewed(billing, subscription_id, wish)
    dossier = await dossier_of(billing, subscription)
    case = _case(billing, dossier, wish, preview)
    return page(
        "preview",
        code=code,
        subscription=subscription,
        customer=dossier.customer,
        draft=draft,
        preview=preview,
        shown=shown_in(preview),
        title=terms.title_of(case),
        due=terms.due_words(case),
        rows=terms.rows_of(preview),
        meaning=terms.meaning_of(case),
        settles=copy.PRORATIONS[wish.proration][0],
        moved="" if stale is None else what_moved(read_shown(stale), preview),
        declined=declined,
    )


def _case(billing: Billing, dossier: Dossier, wish: Wish, preview: Any) -> terms.Case:
    return terms.Case(
        subscription=dossier.subscription,
        wish=wish,
        preview=preview,
        catalog=billing.catalog,
        elsewhere=dossier.elsewhere,
        method=dossier.method,
    )


def _why_not_now(subscription: Subscription, *, settles_now: bool) -> str:
    if subscription.is_paused:
        return copy.PAUSED_SETTLES_LATER
    return (
        ""
        if settles_now
        else copy.not_offered(copy.PRORATIONS["always_invoice"][0], subscription.processor)
    )
