"""Portal: sessions in which customers help themselves."""

from __future__ import annotations

from datetime import timedelta

from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.portal import CreatePortalSession, PortalSession
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CancelSubscription, KeepSubscription
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake.engine.addresses import Addresses, require_web_address
from accrue_fake.engine.books import Books
from accrue_fake.engine.cards import Cards, Charge, card_of
from accrue_fake.engine.clocks import keeps_time
from accrue_fake.engine.invoices import Invoices
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.payment_methods import PaymentMethods
from accrue_fake.engine.records import PortalRecord
from accrue_fake.engine.subscriptions import Subscriptions
from accrue_fake.engine.views import PortalView

LIFETIME = timedelta(minutes=30)
"""How long a session is open, by the engine's time: an advance of the clock ends it."""


@keeps_time
class Portal:
    """What can be asked about portal sessions, and what is done on their pages.

    Whatever a page names must be its own customer's. What is done twice is done once: a card that
    the customer has already is made the default again, and is not a second card.
    """

    def __init__(
        self,
        books: Books,
        memory: Memory,
        cards: Cards,
        payment_methods: PaymentMethods,
        subscriptions: Subscriptions,
        invoices: Invoices,
        addresses: Addresses,
    ) -> None:
        self._books = books
        self._memory = memory
        self._cards = cards
        self._payment_methods = payment_methods
        self._subscriptions = subscriptions
        self._invoices = invoices
        self._addresses = addresses

    def create(self, request: CreatePortalSession, *, key: Key) -> PortalSession:
        """Open a session for a customer."""
        return self._memory.once(request, key, self._create)

    def page(self, token: str) -> PortalView:
        """Return what the page shows."""
        record = self._behind(token)
        if not self._is_open(record):
            return PortalView(request=record.request, is_open=False)
        books, customer = self._books, self._books.customers[record.request.customer]
        subscriptions = [books.subscriptions[ref] for ref in customer.subscriptions]
        return PortalView(
            request=record.request,
            is_open=True,
            customer=customer.snapshot,
            subscriptions=tuple(one.snapshot for one in reversed(subscriptions)),
            renewals=tuple(map(self._subscriptions.renewal, reversed(customer.subscriptions))),
            prices=tuple(
                books.prices[ref]
                for ref in dict.fromkeys(
                    item.price for one in subscriptions for item in one.snapshot.items
                )
            ),
            cards=tuple(books.cards[ref].snapshot for ref in customer.payment_methods),
            invoices=self._invoices.views_of(customer),
            waiting=record.waiting,
        )

    def add_card(self, token: str, card: str) -> None:
        """Keep a test card as the customer's default; ``CardDeclined`` when its bank will not."""
        record = self._open(token)
        customer = record.request.customer
        answer = self._cards.present(card_of(card), customer=customer, is_charged=False)
        record.waiting = card if answer == Charge.WAITS else None
        if answer == Charge.DECLINED:
            raise CardDeclined(reason="card_declined")
        if answer == Charge.PAID:
            self._keep_card(record, card, is_authenticated=False)

    def choose_card(self, token: str, payment_method: str) -> None:
        """Make a card that the customer has the default."""
        record = self._open(token)
        owned = self._books.customers[record.request.customer].payment_methods
        self._require_own(payment_method, owned, noun="payment method")
        self._keep_card(record, payment_method)

    def authenticate(self, token: str) -> None:
        """Let the customer pass the check of the bank whose card is being added."""
        record = self._open(token)
        card = record.answered()
        self._keep_card(record, card, is_authenticated=True)

    def fail_authentication(self, token: str) -> None:
        """Let the customer fail that check; the card is not added."""
        self._open(token).answered()

    def cancel(self, token: str, subscription: str) -> None:
        """End one of the customer's subscriptions when its period runs out."""
        self._require_subscription(self._open(token), subscription)
        self._subscriptions.on_page(CancelSubscription(ref=subscription, when="period_end"))

    def keep(self, token: str, subscription: str) -> None:
        """Undo a pending end of one of the customer's subscriptions."""
        self._require_subscription(self._open(token), subscription)
        self._subscriptions.on_page(KeepSubscription(ref=subscription))

    def _create(self, request: CreatePortalSession, _: Key) -> PortalSession:
        require_web_address(request.return_url, param="return_url")
        self._require_flow(request)
        ref, expires_at = self._books.new_ref("bps"), self._books.now + LIFETIME
        self._books.portals[ref] = PortalRecord(ref=ref, request=request, expires_at=expires_at)
        return PortalSession(url=self._addresses.of("portal", ref), expires_at=expires_at)

    def _require_flow(self, request: CreatePortalSession) -> None:
        customer = self._books.customers.get(request.customer)
        if customer is None or customer.is_deleted:
            raise ProcessorRejected("no such customer", reason="missing", param="customer")
        if (request.subscription is None) == (request.flow == "subscription_cancel"):
            raise ProcessorRejected(
                "a subscription goes with the flow that cancels it", param="subscription"
            )
        if request.subscription is None:
            return
        self._require_own(request.subscription, customer.subscriptions, noun="subscription")
        if self._books.subscriptions[request.subscription].is_ended:
            raise ProcessorRejected(
                "the subscription has ended", reason="ended", param="subscription"
            )

    def _keep_card(
        self, record: PortalRecord, card: str, *, is_authenticated: bool = False
    ) -> None:
        customer = record.request.customer
        known = self._payment_methods.same_as(card, customer)
        attach = AttachPaymentMethod(customer=customer, payment_method=known or card)
        kept = self._payment_methods.add(attach, Key("", record.ref))
        kept.is_authenticated = kept.is_authenticated or is_authenticated

    def _require_subscription(self, record: PortalRecord, ref: str) -> None:
        customer = self._books.customers[record.request.customer]
        self._require_own(ref, customer.subscriptions, noun="subscription")

    def _require_own(self, ref: str, owned: list[str], *, noun: str) -> None:
        if ref not in owned:
            raise ProcessorRejected(
                f"no such {noun}", reason="missing", param=noun.replace(" ", "_")
            )

    def _is_open(self, record: PortalRecord) -> bool:
        customer = self._books.customers[record.request.customer]
        return self._books.now < record.expires_at and not customer.is_deleted

    def _behind(self, token: str) -> PortalRecord:
        portals = self._books.portals
        return portals[self._addresses.behind("portal", token, portals, noun="portal_session")]

    def _open(self, token: str) -> PortalRecord:
        record = self._behind(token)
        if not self._is_open(record):
            raise ProcessorRejected("this portal session is over", reason="portal_over")
        return record
