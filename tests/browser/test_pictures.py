"""The README's pictures can be taken."""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from playwright.sync_api import Browser

from tests.browser.host import RunningHost
from tests.browser.shots import LARGEST, SHOTS, take


def test_every_picture_has_its_size_and_is_not_too_large(
    host: RunningHost, browser: Browser
) -> None:
    for shot in SHOTS:
        picture = take(browser, host, shot)

        with Image.open(BytesIO(picture)) as image:
            assert image.size == (shot.look.width, shot.look.height), shot.name
        assert 5_000 < len(picture) <= LARGEST, shot.name
