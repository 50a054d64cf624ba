"""How an owner is known to a processor: names, language, the host's own fields, where taxed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import available_timezones

from accrue_core.billing.customers import queries
from accrue_core.billing.customers.commands.find import (
    checked_contact,
    choose_processor,
    held_customer,
)
from accrue_core.billing.customers.metadata import checked_metadata_changes
from accrue_core.billing.customers.models import Customer
from accrue_core.context import Context, verb
from accrue_core.contracts.capabilities import Capability, require
from accrue_core.contracts.customers import SetTaxLocation, UpdateCustomer
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.operations.operation import begin, checked_key
from accrue_core.operations.recover import recover_before
from accrue_core.owners import Billable, BillingContact, Owner, contact_of, owner_of
from accrue_core.text import checked_text

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@verb("update_customer")
async def update_customer(
    ctx: Context,
    payer: Owner | Billable,
    *,
    name: str | None = None,
    email: str | None = None,
    locale: str | None = None,
    timezone: str | None = None,
    metadata: Mapping[str, str | None] | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Customer:
    """Tell the processor how an owner is known; what is not given stays as it is.

    All of it goes to the processor and comes back from there: nothing is kept here alone. Name and
    email stand on invoices and say where they go; without them, a billable's ``billing_contact()``
    is asked. ``locale`` is a language tag (``"pt-BR"``), ``timezone`` a name of the IANA database
    (``"Europe/Lisbon"``); both say how to show things, never when something falls due.
    ``metadata`` is merged: a field set to ``None`` or to empty text is removed. It maps text to
    text, flat: at most 40 fields with keys of at most 40 characters and values of at most 500.

    Name, email and metadata are personal: they are mirrored, and the ledger records only that they
    changed. An owner without a customer is ``NotFound``: nothing is created.
    """
    checked_key(operation_id)
    known = checked_contact(contact_of(payer))
    contact = checked_contact(BillingContact(name=name or known.name, email=email or known.email))
    changes = checked_metadata_changes(metadata or {})
    request = UpdateCustomer(
        ref="",
        name=contact.name,
        email=contact.email,
        locale=_locale(locale),
        timezone=_timezone(timezone),
        metadata=changes,
    )
    if request == UpdateCustomer(ref=""):
        raise InvalidRequest(
            "pass what is to change: name, email, locale, timezone or metadata, or a billable "
            "that has a name or an email"
        )
    return await _update(ctx, payer, request, processor=processor, given=operation_id)


@verb("update_tax_location")
async def update_tax_location(
    ctx: Context,
    payer: Owner | Billable,
    *,
    country: str,
    postal_code: str | None = None,
    state: str | None = None,
    city: str | None = None,
    line1: str | None = None,
    line2: str | None = None,
    processor: str | None = None,
    operation_id: str | None = None,
) -> Customer:
    """Tell the processor where an owner is taxed, and have it checked at once.

    ``country`` is two letters (ISO 3166-1), ``state`` the part of its code after the country
    (ISO 3166-2), ``"CA"`` for California. The address goes to the processor only: it is stored
    neither here nor, once the outcome is known, with the operation; the customer's
    ``tax_location`` says that there is one. Raises ``TaxLocationInvalid`` when the processor does
    not recognize the place; the customer keeps the one it had.
    """
    checked_key(operation_id)
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise InvalidRequest("country is two capital letters, as in 'DE' (ISO 3166-1)")
    rest = {
        "postal_code": postal_code, "state": state, "city": city, "line1": line1, "line2": line2,
    }  # fmt: skip
    for field, value in rest.items():
        if value is not None:
            checked_text(value, name=f"a tax location's {field}", longest=200)
    request = SetTaxLocation(
        ref="",
        country=country,
        postal_code=postal_code,
        state=state,
        city=city,
        line1=line1,
        line2=line2,
    )
    return await _update(ctx, payer, request, processor=processor, given=operation_id)


async def _update(
    ctx: Context,
    payer: Owner | Billable,
    wanted: UpdateCustomer | SetTaxLocation,
    *,
    processor: str | None,
    given: str | None,
) -> Customer:
    owner = owner_of(payer)
    chosen = await choose_processor(ctx, owner, processor)
    who = await held_customer(ctx, owner, chosen)
    if who is None:
        raise NotFound(f"{owner} has no customer at {chosen}")
    name, capability = _DOINGS[type(wanted)]
    require(ctx.plugins.processor(chosen).support, capability, processor=chosen)
    request = replace(wanted, ref=who.ref)
    subject = queries.subject(who.id)
    key = ctx.operation_key(name, who.id, given)
    await recover_before(ctx, subject, key=key)
    async with ctx.transaction(f"{name}.decide") as tx:
        await tx.hold([subject])
        operation = await begin(ctx, tx, request, subject=subject, processor=chosen, key=key)
    if operation.is_finished:
        return (await operation.result(ctx)).row  # type: ignore[no-any-return]

    async with operation.asking(ctx) as gateway:
        if isinstance(operation.request, SetTaxLocation):
            answer = await gateway.customers.set_tax_location(operation.request, key=operation.key)
        else:
            answer = await gateway.customers.update(operation.request, key=operation.key)

    return (await operation.settle(ctx, answer)).row  # type: ignore[no-any-return]


_DOINGS: Mapping[type[UpdateCustomer | SetTaxLocation], tuple[str, Capability]] = {
    UpdateCustomer: ("update_customer", Capability.UPDATE_CUSTOMER),
    SetTaxLocation: ("update_tax_location", Capability.SET_TAX_LOCATION),
}


def _locale(locale: str | None) -> str | None:
    if locale is not None and (not isinstance(locale, str) or not _LANGUAGE.fullmatch(locale)):
        raise InvalidRequest("locale is a language tag, as in 'de' or 'pt-BR' (RFC 5646)")
    return locale


def _timezone(timezone: str | None) -> str | None:
    if timezone is not None and timezone not in available_timezones():
        raise InvalidRequest("timezone is a name of the IANA database, as in 'Europe/Lisbon'")
    return timezone
