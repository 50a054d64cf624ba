"""Moves, places and tax, over the wire."""

from tests.journeys import test_the_owner_changes as journeys
from tests.wire.lanes.both import on_both_stages

globals().update(on_both_stages(journeys))
