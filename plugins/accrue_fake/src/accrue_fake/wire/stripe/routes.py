"""Routes: everything that is played, by method and path."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from accrue_fake.wire.stripe.acts import (
    accounts,
    catalogue,
    changes,
    checkout,
    clocks,
    coupons,
    customers,
    destinations,
    endpoints,
    events,
    intents,
    invoices,
    payment_methods,
    previews,
    schedules,
    subscriptions,
)
from accrue_fake.wire.stripe.routing import Deed

_CLOCK = "/v1/test_helpers/test_clocks"
_ED = "/v2/core/event_destinations"

DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "GET /v1/account": Deed("account.fetch", accounts.retrieve),
        "GET /v1/balance": Deed("balance.fetch", accounts.balance),
        "POST /v1/customers": Deed("customers.create", customers.create),
        "GET /v1/customers": Deed("customers.list", customers.listed),
        "GET /v1/customers/search": Deed("customers.search", customers.searched),
        "GET /v1/customers/{}": Deed("customers.fetch", customers.retrieve),
        "POST /v1/customers/{}": Deed("customers.update", customers.update),
        "DELETE /v1/customers/{}": Deed("customers.delete", customers.delete),
        "GET /v1/customers/{}/payment_methods": Deed(
            "payment_methods.list", payment_methods.of_customer
        ),
        "GET /v1/customers/{}/payment_methods/{}": Deed(
            "payment_methods.of_customer", payment_methods.one_of_customer
        ),
        "GET /v1/customers/{}/balance_transactions": Deed(
            "customers.credit", customers.balance_transactions
        ),
        "POST /v1/payment_methods": Deed("payment_methods.create", payment_methods.create),
        "GET /v1/payment_methods": Deed("payment_methods.list", payment_methods.listed),
        "GET /v1/payment_methods/{}": Deed("payment_methods.fetch", payment_methods.retrieve),
        "POST /v1/payment_methods/{}": Deed("payment_methods.update", payment_methods.update),
        "POST /v1/payment_methods/{}/attach": Deed(
            "payment_methods.attach", payment_methods.attach
        ),
        "POST /v1/payment_methods/{}/detach": Deed(
            "payment_methods.detach", payment_methods.detach
        ),
        "POST /v1/products": Deed("products.create", catalogue.create_product),
        "GET /v1/products": Deed("products.list", catalogue.list_products),
        "GET /v1/products/search": Deed("products.search", catalogue.search_products),
        "GET /v1/products/{}": Deed("products.fetch", catalogue.retrieve_product),
        "POST /v1/products/{}": Deed("products.update", catalogue.update_product),
        "DELETE /v1/products/{}": Deed("products.delete", catalogue.delete_product),
        "POST /v1/prices": Deed("prices.create", catalogue.create_price),
        "GET /v1/prices": Deed("prices.list", catalogue.list_prices),
        "GET /v1/prices/search": Deed("prices.search", catalogue.search_prices),
        "GET /v1/prices/{}": Deed("prices.fetch", catalogue.retrieve_price),
        "POST /v1/prices/{}": Deed("prices.update", catalogue.update_price),
        "POST /v1/subscriptions": Deed("subscriptions.create", subscriptions.create),
        "GET /v1/subscriptions": Deed("subscriptions.list", subscriptions.listed),
        "GET /v1/subscriptions/search": Deed("subscriptions.search", subscriptions.searched),
        "GET /v1/subscriptions/{}": Deed("subscriptions.fetch", subscriptions.retrieve),
        "POST /v1/subscriptions/{}": Deed("subscriptions.change", changes.update),
        "DELETE /v1/subscriptions/{}": Deed("subscriptions.cancel", subscriptions.cancel),
        "POST /v1/subscriptions/{}/pause": Deed("subscriptions.pause", subscriptions.pause),
        "POST /v1/subscriptions/{}/resume": Deed("subscriptions.resume", subscriptions.resume),
        "POST /v1/subscription_items": Deed("subscription_items.create", changes.create_item),
        "GET /v1/subscription_items": Deed("subscription_items.list", changes.list_items),
        "GET /v1/subscription_items/{}": Deed("subscription_items.fetch", changes.retrieve_item),
        "POST /v1/subscription_items/{}": Deed("subscription_items.update", changes.update_item),
        "DELETE /v1/subscription_items/{}": Deed("subscription_items.delete", changes.delete_item),
        "POST /v1/subscription_schedules": Deed("schedules.create", schedules.create),
        "GET /v1/subscription_schedules": Deed("schedules.list", schedules.listed),
        "GET /v1/subscription_schedules/{}": Deed("schedules.fetch", schedules.retrieve),
        "POST /v1/subscription_schedules/{}": Deed("schedules.update", schedules.update),
        "POST /v1/subscription_schedules/{}/release": Deed("schedules.release", schedules.release),
        "POST /v1/subscription_schedules/{}/cancel": Deed("schedules.cancel", schedules.cancel),
        "POST /v1/coupons": Deed("coupons.create", coupons.create),
        "GET /v1/coupons": Deed("coupons.list", coupons.listed),
        "GET /v1/coupons/{}": Deed("coupons.fetch", coupons.retrieve),
        "POST /v1/coupons/{}": Deed("coupons.update", coupons.update),
        "GET /v1/invoices": Deed("invoices.list", invoices.listed),
        "GET /v1/invoices/search": Deed("invoices.search", invoices.searched),
        "POST /v1/invoices/create_preview": Deed("invoices.preview", previews.create_preview),
        "GET /v1/invoices/{}": Deed("invoices.fetch", invoices.retrieve),
        "POST /v1/invoices/{}": Deed("invoices.update", invoices.update),
        "DELETE /v1/invoices/{}": Deed("invoices.delete", invoices.delete),
        "POST /v1/invoices/{}/pay": Deed("invoices.pay", invoices.pay),
        "POST /v1/invoices/{}/finalize": Deed("invoices.finalize", invoices.finalize),
        "POST /v1/invoices/{}/send": Deed("invoices.send", invoices.send),
        "POST /v1/invoices/{}/void": Deed("invoices.void", invoices.void),
        "POST /v1/invoices/{}/mark_uncollectible": Deed(
            "invoices.mark_uncollectible", invoices.mark_uncollectible
        ),
        "GET /v1/invoices/{}/lines": Deed("invoices.lines", invoices.lines),
        "GET /v1/invoice_payments": Deed("invoice_payments.list", invoices.list_payments),
        "GET /v1/invoice_payments/{}": Deed("invoice_payments.fetch", invoices.retrieve_payment),
        "GET /v1/payment_intents": Deed("payment_intents.list", intents.list_payments),
        "GET /v1/payment_intents/{}": Deed("payment_intents.fetch", intents.retrieve_payment),
        "POST /v1/payment_intents/{}/confirm": Deed(
            "payment_intents.confirm", intents.confirm_payment
        ),
        "POST /v1/setup_intents": Deed("setup_intents.create", intents.create_setup),
        "GET /v1/setup_intents": Deed("setup_intents.list", intents.list_setups),
        "GET /v1/setup_intents/{}": Deed("setup_intents.fetch", intents.retrieve_setup),
        "POST /v1/setup_intents/{}/confirm": Deed("setup_intents.confirm", intents.confirm_setup),
        "POST /v1/setup_intents/{}/cancel": Deed("setup_intents.cancel", intents.cancel_setup),
        "POST /v1/checkout/sessions": Deed("checkout.create", checkout.create),
        "GET /v1/checkout/sessions": Deed("checkout.list", checkout.listed),
        "GET /v1/checkout/sessions/{}": Deed("checkout.fetch", checkout.retrieve),
        "POST /v1/checkout/sessions/{}": Deed("checkout.update", checkout.update),
        "POST /v1/checkout/sessions/{}/expire": Deed("checkout.expire", checkout.expire),
        "GET /v1/checkout/sessions/{}/line_items": Deed("checkout.lines", checkout.line_items),
        "POST /v1/billing_portal/sessions": Deed("portal.create", checkout.open_portal),
        "GET /v1/events": Deed("events.list", events.listed),
        "GET /v1/events/{}": Deed("events.fetch", events.retrieve),
        "POST /v1/webhook_endpoints": Deed("webhook_endpoints.create", endpoints.create),
        "GET /v1/webhook_endpoints": Deed("webhook_endpoints.list", endpoints.listed),
        "GET /v1/webhook_endpoints/{}": Deed("webhook_endpoints.fetch", endpoints.retrieve),
        "POST /v1/webhook_endpoints/{}": Deed("webhook_endpoints.update", endpoints.update),
        "DELETE /v1/webhook_endpoints/{}": Deed("webhook_endpoints.delete", endpoints.delete),
        f"POST {_CLOCK}": Deed("test_clocks.create", clocks.create),
        f"GET {_CLOCK}": Deed("test_clocks.list", clocks.listed),
        f"GET {_CLOCK}/{{}}": Deed("test_clocks.fetch", clocks.retrieve),
        f"POST {_CLOCK}/{{}}/advance": Deed("test_clocks.advance", clocks.advance),
        f"DELETE {_CLOCK}/{{}}": Deed("test_clocks.delete", clocks.delete),
        "GET /v2/core/events": Deed("v2.events.list", events.list_notices),
        "GET /v2/core/events/{}": Deed("v2.events.fetch", events.retrieve_notice),
        f"POST {_ED}": Deed("event_destinations.create", destinations.create),
        f"GET {_ED}": Deed("event_destinations.list", destinations.listed),
        f"GET {_ED}/{{}}": Deed("event_destinations.fetch", destinations.retrieve),
        f"POST {_ED}/{{}}": Deed("event_destinations.update", destinations.update),
        f"DELETE {_ED}/{{}}": Deed("event_destinations.delete", destinations.delete),
        f"POST {_ED}/{{}}/enable": Deed("event_destinations.enable", destinations.enable),
        f"POST {_ED}/{{}}/disable": Deed("event_destinations.disable", destinations.disable),
        f"POST {_ED}/{{}}/ping": Deed("event_destinations.ping", destinations.ping),
    }
)
"""What each request does. A route of Stripe's that is not here is refused by name."""
