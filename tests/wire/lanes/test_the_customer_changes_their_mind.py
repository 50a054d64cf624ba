"""Changes and their previews, over the wire."""

from tests.journeys import test_the_customer_changes_their_mind as journeys
from tests.wire.lanes.both import on_both_stages

globals().update(on_both_stages(journeys))
