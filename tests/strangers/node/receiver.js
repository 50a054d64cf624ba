// A small application that takes webhooks: each is verified by the SDK before it is believed.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const PATIENCE = 30_000;

export class Receiver {
  url = "";
  secret = "";
  events = [];
  refused = 0;
  last = { body: Buffer.alloc(0), signature: "" };

  constructor(stripe) {
    this.stripe = stripe;
    this.server = createServer((request, response) => this.#answer(request, response));
  }

  async listen() {
    await new Promise((listening) => this.server.listen(0, "127.0.0.1", listening));
    this.url = `http://127.0.0.1:${this.server.address().port}/hooks`;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  // The status that a webhook is answered with.
  take(body, signature) {
    try {
      this.events.push(this.stripe.webhooks.constructEvent(body, signature, this.secret));
    } catch (error) {
      if (error.type !== "StripeSignatureVerificationError") throw error;
      this.refused += 1;
      return 400;
    }
    this.last = { body, signature };
    return 200;
  }

  async waitFor(count) {
    const deadline = Date.now() + PATIENCE;
    while (this.events.length < count) {
      if (Date.now() > deadline) {
        throw new Error(`${this.events.length} of ${count} webhooks arrived`);
      }
      await sleep(50);
    }
  }

  async #answer(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    response.writeHead(this.take(Buffer.concat(parts), request.headers["stripe-signature"]));
    response.end();
  }
}
