# Every target prepares .venv itself; the second time that costs a few milliseconds.
BIN := .venv/bin

.PHONY: demo test test-browser test-strangers test-live screenshots check fmt bench docs prepare

prepare:
	@tools/prepare.sh

# PORT=8123 make demo; RESET=1 make demo starts anew; make demo PROCESSOR=stripe sells through
# Stripe's SDK, over HTTP. What is set here or in the environment reaches the program as it is.
demo: prepare
	@$(BIN)/python examples/litestar_saas/main.py

# Part of it: .venv/bin/pytest -m sqlite tests/spine
test: prepare
	@$(BIN)/pytest -n auto --maxprocesses=4 --dist worksteal --require-lanes=sqlite,postgres

# A scripted Chromium against the running demo. CHROMIUM=/path/to/one chooses it.
test-browser:
	@tools/prepare.sh browser
	@chromium=$$($(BIN)/python tools/prepare_browser.py) && CHROMIUM=$$chromium $(BIN)/pytest -q -n 2 --dist worksteal tests/browser

# The official SDKs for Python and Node against `accrue fake serve`, over loopback. Needs node and npm.
test-strangers: prepare
	@$(BIN)/python -m tests.strangers.prepare
	@$(BIN)/pytest -q tests/strangers

# The contract suites in Stripe's test mode: ACCRUE_TEST_STRIPE_KEY=sk_test_... Without a key it says
# "not run" and fails.
test-live: prepare
	@$(BIN)/pytest -q tests/live/at_stripe.py

screenshots:
	@tools/prepare.sh browser
	@chromium=$$($(BIN)/python tools/prepare_browser.py) && CHROMIUM=$$chromium $(BIN)/python -m tests.browser.shots

check: prepare
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -m "not packaging" tests/architecture

fmt: prepare
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: prepare
	@$(BIN)/python -m tests.bench

docs: prepare
	@$(BIN)/python tools/build_docs.py
