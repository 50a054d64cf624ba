"""Suites that every plugin's tests subclass, so that a promise is checked the same way everywhere.

The one thing that happens on import has to happen before the suites themselves are imported: pytest
is told to explain their assertions, which it otherwise does for test files only.
"""

import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{suite}"
        for suite in (
            "bench", "changes", "checkout", "customers", "discounts", "invoices",
            "payment_methods", "processor", "schedules", "starts", "subscriptions", "webhooks",
        )
    )
)  # fmt: skip
