"""Seats that are counted, over the wire: no order of events is the same twice."""

import pytest

from tests.journeys import test_seats_from_facts as journeys
from tests.wire.lanes.both import over_the_wire

globals().update(over_the_wire(journeys))
pytestmark = pytest.mark.usefixtures("stages_are_wired")
