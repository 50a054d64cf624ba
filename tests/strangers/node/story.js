// What an outside team's Node program does with Stripe, at the address that it is given.
//
// `node story.js http://127.0.0.1:12111` prints, as JSON, what it saw. It does what `../story.py`
// does with the SDK for Python, so that both must have seen the same.

import { setTimeout as sleep } from "node:timers/promises";

import Stripe from "stripe";

import { PATIENCE, Receiver } from "./receiver.js";

const JANUARY = 1_798_761_600;
const DAY = 86_400;
const MONTHS = [31, 28, 31, 30, 31, 30]; // From January 2027 on.
const TO_BE_REFUSED = "this was to be refused";

class Team {
  constructor(origin, receiver) {
    this.origin = origin;
    this.receiver = receiver;
    this.stripe = client(origin, "sk_test_stranger");
  }

  async live() {
    return {
      set_up: await this.setUp(),
      trial: await this.trial(),
      renewals: await this.renewals(),
      decline: await this.decline(),
      recovery: await this.recovery(),
      change: await this.change(),
      end: await this.end(),
      faults: await this.faults(),
      refusals: await this.refusals(),
      webhooks: await this.webhooks(),
    };
  }

  // Register for webhooks, offer two prices, and have a customer with a card.
  async setUp() {
    const endpoint = await this.stripe.webhookEndpoints.create({
      url: this.receiver.url,
      enabled_events: ["*"],
    });
    this.receiver.secret = endpoint.secret;
    const product = await this.stripe.products.create({ name: "Reports" });
    this.cheap = await this.price(product.id, 1900);
    this.dear = await this.price(product.id, 4900);
    const clock = await this.stripe.testHelpers.testClocks.create({ frozen_time: JANUARY });
    this.clock = clock.id;
    const named = {
      email: "ann@person.example",
      name: "Ann Ærlig",
      test_clock: clock.id,
      metadata: { team: "7" },
    };
    const made = await this.stripe.customers.create(named, { idempotencyKey: "sign-up-7" });
    const again = await this.stripe.customers.create(named, { idempotencyKey: "sign-up-7" });
    this.customer = made.id;
    await this.give("pm_card_visa");
    const found = await this.stripe.customers.retrieve(made.id, {
      expand: ["invoice_settings.default_payment_method"],
    });
    return {
      created_once: made.id === again.id,
      name: found.name,
      metadata: found.metadata,
      created: found.created,
      card: found.invoice_settings.default_payment_method.card.last4,
      live: found.livemode,
    };
  }

  // Subscribe with two weeks to try.
  async trial() {
    const made = await this.stripe.subscriptions.create({
      customer: this.customer,
      items: [{ price: this.cheap }],
      trial_period_days: 14,
      expand: ["latest_invoice"],
    });
    this.subscription = made.id;
    const first = made.latest_invoice;
    return {
      status: made.status,
      trial_end: made.trial_end,
      first_invoice: [first.status, first.total],
    };
  }

  // Let the trial end, and three periods after it.
  async renewals() {
    const seen = [];
    for (const number of [0, 1, 2, 3]) {
      await this.advance(at(number));
      const found = await this.found({ expand: ["latest_invoice"] });
      const invoice = found.latest_invoice;
      const end = found.items.data[0].current_period_end;
      seen.push([found.status, invoice.billing_reason, invoice.total, invoice.status, end]);
    }
    return seen;
  }

  // Have a card that can be kept and not charged when the fourth renewal comes.
  async decline() {
    await this.give("pm_card_chargeCustomerFail");
    await this.advance(at(4));
    const found = await this.found();
    const refused = await refusal(() => this.stripe.invoices.pay(found.latest_invoice));
    const invoice = await this.stripe.invoices.retrieve(found.latest_invoice);
    return {
      status: found.status,
      refused: [...named(refused), refused.decline_code],
      invoice: [invoice.status, invoice.amount_remaining],
    };
  }

  // Pay what is owed with another card.
  async recovery() {
    await this.give("pm_card_mastercard");
    const found = await this.found();
    const paid = await this.stripe.invoices.pay(found.latest_invoice);
    const after = await this.found();
    return { invoice: [paid.status, paid.amount_paid], status: after.status };
  }

  // Take the dearer plan in the middle of a period, after a look at what it costs.
  async change() {
    const [item] = (await this.found()).items.data;
    const middle = (item.current_period_start + item.current_period_end) / 2;
    await this.advance(middle);
    const wanted = {
      items: [{ id: item.id, price: this.dear }],
      proration_behavior: "always_invoice",
      proration_date: middle,
    };
    const preview = await this.stripe.invoices.createPreview({
      subscription: this.subscription,
      subscription_details: wanted,
    });
    const changed = await this.stripe.subscriptions.update(this.subscription, {
      ...wanted,
      expand: ["latest_invoice"],
    });
    const invoice = changed.latest_invoice;
    return {
      preview: preview.total,
      invoice: [invoice.status, invoice.total],
      lines: invoice.lines.data.map((line) => line.amount),
      price: changed.items.data[0].price.unit_amount,
    };
  }

  // Cancel, and let the period that is paid for run out.
  async end() {
    const ending = await this.stripe.subscriptions.update(this.subscription, {
      cancel_at_period_end: true,
    });
    const until = ending.items.data[0].current_period_end;
    await this.advance(until + 60);
    const after = await this.found();
    return {
      before: [ending.status, ending.cancel_at_period_end],
      until,
      after: [after.status, after.ended_at],
    };
  }

  // Order a busy server, a broken one, and an answer that is lost after the deed. The SDK asks again
  // by itself where it can; where it cannot tell, the team does, with the same key.
  async faults() {
    const [bob, eve] = [{ email: "bob@person.example" }, { email: "eve@person.example" }];
    await this.order("limit_next_call", { retry_after: 0, call: "customers.create" });
    await this.order("fail_next_call", { call: "customers.create" });
    await this.stripe.customers.create(bob);
    await this.order("lose_next_answer", { when: "after", call: "customers.create" });
    for (let tries = 0; tries < 2; tries += 1) {
      try {
        await this.stripe.customers.create(eve, { idempotencyKey: "sign-up-8" });
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeError)) throw error;
      }
    }
    const found = [await this.stripe.customers.list(bob), await this.stripe.customers.list(eve)];
    return { created: found.map((one) => one.data.length) };
  }

  // Ask for what is wrong, for what there is not, and for what the server does not play.
  async refusals() {
    const nobody = client(this.origin, "nonsense");
    const asked = {
      key: () => nobody.customers.list(),
      missing: () => this.stripe.customers.retrieve("cus_nobody"),
      unknown: () => this.stripe.customers.create({ colour: "red" }),
      unplayed_route: () => this.stripe.refunds.list(),
      unplayed_parameter: () =>
        this.stripe.subscriptions.update(this.subscription, { application_fee_percent: 5 }),
      other_words: () =>
        this.stripe.customers.create({ name: "Bob" }, { idempotencyKey: "sign-up-7" }),
    };
    const seen = {};
    for (const [name, ask] of Object.entries(asked)) seen[name] = named(await refusal(ask));
    return seen;
  }

  // Compare what arrived with what the account says has happened; try a forged one.
  async webhooks() {
    const happened = [];
    for await (const event of this.stripe.events.list({ limit: 10 })) happened.unshift(event.id);
    await this.receiver.waitFor(happened.length);
    const { events, last, refused } = this.receiver;
    const forged = Buffer.from(last.body.toString().replace('"object"', '"objekt"'));
    const types = {};
    for (const event of events) types[event.type] = (types[event.type] ?? 0) + 1;
    return {
      in_order_and_once: events.map((event) => event.id).join() === happened.join(),
      refused,
      forged: this.receiver.take(forged, last.signature),
      versions: [...new Set(events.map((event) => event.api_version))],
      types,
    };
  }

  // Ask for a fault where no API of Stripe's offers one.
  async order(fault, how) {
    const answer = await fetch(`${this.origin}/_fake/call`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_stranger" },
      body: JSON.stringify(["scenarios", fault, how]),
    });
    if ("refusal" in (await answer.json())) throw new Error(`${fault} cannot be ordered`);
  }

  async price(product, minor) {
    const made = await this.stripe.prices.create({
      product,
      currency: "usd",
      unit_amount: minor,
      recurring: { interval: "month" },
    });
    return made.id;
  }

  // Attach a card, and have it charged from now on.
  async give(card) {
    const kept = await this.stripe.paymentMethods.attach(card, { customer: this.customer });
    await this.stripe.customers.update(this.customer, {
      invoice_settings: { default_payment_method: kept.id },
    });
  }

  async found(options = {}) {
    return await this.stripe.subscriptions.retrieve(this.subscription, options);
  }

  // Let time pass, and wait until it has, as one does with Stripe.
  async advance(to) {
    const clocks = this.stripe.testHelpers.testClocks;
    await clocks.advance(this.clock, { frozen_time: to });
    const deadline = Date.now() + PATIENCE;
    while ((await clocks.retrieve(this.clock)).status !== "ready") {
      if (Date.now() > deadline) throw new Error("the clock does not get there");
      await sleep(100);
    }
  }
}

// Point the SDK at the server, and nowhere else.
function client(origin, key) {
  const { protocol, hostname, port } = new URL(origin);
  return new Stripe(key, {
    protocol: protocol.replace(":", ""),
    host: hostname,
    port,
    telemetry: false,
    maxNetworkRetries: 2,
  });
}

// The moment just after the trial's end (0) or a renewal.
function at(renewal) {
  const months = MONTHS.slice(0, renewal).reduce((sum, days) => sum + days, 0);
  return JANUARY + (14 + months) * DAY + 60;
}

async function refusal(ask) {
  try {
    await ask();
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error(TO_BE_REFUSED);
}

function named(refused) {
  return [refused.type.replace("Stripe", ""), refused.statusCode, refused.code ?? null];
}

const receiver = new Receiver(new Stripe("sk_test_stranger"));
await receiver.listen();
try {
  console.log(JSON.stringify(await new Team(process.argv[2], receiver).live()));
} finally {
  receiver.close();
}
