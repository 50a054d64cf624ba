"""The way to the processor's own pages, where payment methods are kept and invoices are paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Redirect

from accrue_core.contracts.capabilities import Capability
from accrue_core.errors import UnsupportedCapability
from accrue_core.facade import Billing
from accrue_core.owners import Owner
from accrue_core.pages.templates import path_to
from accrue_portal.account import read_account
from accrue_portal.redirects import origin_of


@dataclass(frozen=True, slots=True)
class VisitForm:
    """At which processor, and whether for its payment methods only."""

    processor: str
    flow: Literal["", "payment_method_update"] = ""


@post("/payment-page", name="payment_page", status_code=303)
async def visit(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    owner: NamedDependency[Owner],
    data: Annotated[VisitForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    """Open the processor's pages for the owner, and send the browser there.

    The address stands in the answer's ``Location`` and nowhere else: whoever has it may act for
    the customer.
    """
    account = await read_account(billing, owner)
    if data.processor not in {till.processor for till in account.tills}:
        raise NotFoundException
    origin = origin_of(request, billing.settings.allowed_origins)
    if origin is None:
        raise UnsupportedCapability(
            processor=data.processor, capability=Capability.BILLING_PORTAL.value
        )
    session = await billing.create_billing_portal_session(
        owner,
        return_url=f"{origin}{path_to(request, 'home')}",
        flow=data.flow or None,
        processor=data.processor,
    )
    return Redirect(session.url.reveal(), status_code=303)


HANDLERS = (visit,)
