"""Starts of all kinds, over the wire."""

from tests.journeys import test_ways_to_start as journeys
from tests.wire.lanes.both import on_both_stages

globals().update(on_both_stages(journeys))
