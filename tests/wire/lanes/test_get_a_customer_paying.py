"""A whole year, over the wire."""

from tests.journeys import test_get_a_customer_paying as journeys
from tests.wire.lanes.both import on_both_stages

globals().update(on_both_stages(journeys))
