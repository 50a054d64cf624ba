"""What was true at a moment, over the wire."""

from tests.journeys import test_state_as_of as journeys
from tests.wire.lanes.both import on_both_stages

globals().update(on_both_stages(journeys))
