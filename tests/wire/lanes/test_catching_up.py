"""Catching up, over the wire."""

from tests.journeys import test_catching_up as journeys
from tests.wire.lanes.both import on_both_stages

globals().update(on_both_stages(journeys))
