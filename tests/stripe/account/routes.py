"""What can be asked of the stand-in account: the path, the SDK's parameters, and who acts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.stripe.account import (
    changes,
    coupons,
    customers,
    endpoints,
    events,
    invoices,
    pages,
    schedules,
    starting,
    subscriptions,
)
from tests.stripe.objects import Json

Act = Callable[..., Json]
"""Given the books, the parameters and what the path names; returns an object or a list of them."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. ``params`` is a name in ``stripe.params``."""

    method: str
    path: str
    params: str
    act: Act

    def match(self, method: str, path: str) -> re.Match[str] | None:
        """Match a request, and what its path names."""
        pattern = self.path.replace("{id}", "([^/]+)")
        return re.fullmatch(pattern, path) if method == self.method else None


ROUTES = (
    Route("POST", "/v1/customers", "CustomerCreateParams", customers.create),
    Route("GET", "/v1/customers", "CustomerListParams", customers.listed),
    Route("POST", "/v1/customers/{id}", "CustomerUpdateParams", customers.update),
    Route("GET", "/v1/customers/{id}", "CustomerRetrieveParams", customers.retrieve),
    Route("POST", "/v1/payment_methods/{id}/attach", "PaymentMethodAttachParams", customers.attach),
    Route(
        "GET", "/v1/payment_methods/{id}", "PaymentMethodRetrieveParams", customers.retrieve_card
    ),
    Route("POST", "/v1/subscriptions", "SubscriptionCreateParams", starting.create),
    Route("GET", "/v1/subscriptions", "SubscriptionListParams", subscriptions.listed),
    Route("POST", "/v1/subscriptions/{id}", "SubscriptionUpdateParams", subscriptions.update),
    Route("GET", "/v1/subscriptions/{id}", "SubscriptionRetrieveParams", subscriptions.retrieve),
    Route("POST", "/v1/subscriptions/{id}/pause", "SubscriptionPauseParams", subscriptions.pause),
    Route(
        "POST", "/v1/subscriptions/{id}/resume", "SubscriptionResumeParams", subscriptions.resume
    ),
    Route("DELETE", "/v1/subscriptions/{id}", "SubscriptionCancelParams", subscriptions.cancel),
    Route("GET", "/v1/coupons/{id}", "CouponRetrieveParams", coupons.retrieve),
    Route("POST", "/v1/coupons", "CouponCreateParams", coupons.create),
    Route("GET", "/v1/prices", "PriceListParams", coupons.list_prices),
    Route("GET", "/v1/events", "EventListParams", events.listed),
    Route("GET", "/v1/webhook_endpoints", "WebhookEndpointListParams", endpoints.listed),
    Route("POST", "/v1/webhook_endpoints", "WebhookEndpointCreateParams", endpoints.create),
    Route("POST", "/v1/webhook_endpoints/{id}", "WebhookEndpointUpdateParams", endpoints.update),
    Route("DELETE", "/v1/webhook_endpoints/{id}", "WebhookEndpointDeleteParams", endpoints.delete),
    Route("GET", "/v1/prices/{id}", "PriceRetrieveParams", coupons.retrieve_price),
    Route(
        "POST", "/v1/subscription_schedules", "SubscriptionScheduleCreateParams", schedules.create
    ),
    Route("GET", "/v1/subscription_schedules", "SubscriptionScheduleListParams", schedules.listed),
    Route(
        "GET",
        "/v1/subscription_schedules/{id}",
        "SubscriptionScheduleRetrieveParams",
        schedules.retrieve,
    ),
    Route(
        "POST",
        "/v1/subscription_schedules/{id}",
        "SubscriptionScheduleUpdateParams",
        schedules.update,
    ),
    Route(
        "POST",
        "/v1/subscription_schedules/{id}/release",
        "SubscriptionScheduleReleaseParams",
        schedules.release,
    ),
    Route(
        "POST",
        "/v1/subscription_schedules/{id}/cancel",
        "SubscriptionScheduleCancelParams",
        schedules.cancel,
    ),
    Route("GET", "/v1/subscription_items", "SubscriptionItemListParams", subscriptions.items),
    Route("POST", "/v1/invoices/create_preview", "InvoiceCreatePreviewParams", changes.preview),
    Route("POST", "/v1/invoices/{id}/void", "InvoiceVoidInvoiceParams", changes.void),
    Route("GET", "/v1/invoices/{id}", "InvoiceRetrieveParams", invoices.retrieve),
    Route("GET", "/v1/invoices/{id}/lines", "InvoiceLineItemListParams", invoices.lines),
    Route("GET", "/v1/invoice_payments", "InvoicePaymentListParams", invoices.payments),
    Route("POST", "/v1/checkout/sessions", "checkout.SessionCreateParams", pages.open_checkout),
    Route("GET", "/v1/checkout/sessions", "checkout.SessionListParams", pages.list_checkouts),
    Route(
        "GET",
        "/v1/checkout/sessions/{id}",
        "checkout.SessionRetrieveParams",
        pages.retrieve_checkout,
    ),
    Route(
        "POST",
        "/v1/billing_portal/sessions",
        "billing_portal.SessionCreateParams",
        pages.open_portal,
    ),
)


def routed(method: str, path: str) -> tuple[Route, tuple[Any, ...]] | None:
    """Find the route of a request and what its path names."""
    for route in ROUTES:
        matched = route.match(method, path)
        if matched is not None:
            return route, matched.groups()
    return None
