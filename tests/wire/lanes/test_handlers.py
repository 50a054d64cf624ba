"""Handlers, over the wire."""

import pytest

from tests.journeys import test_handlers as journeys
from tests.wire.lanes.both import over_the_wire

globals().update(over_the_wire(journeys))
pytestmark = pytest.mark.usefixtures("stages_are_wired")
