"""What a deployment decides about the portal, and what the portal ships."""

from __future__ import annotations

from pathlib import Path

import pytest

import accrue_portal
from accrue_core.errors import ConfigurationError
from accrue_portal.settings import Offer, PortalSettings


def test_settings_come_from_the_environment() -> None:
    settings = PortalSettings.from_env(
        {
            "ACCRUE_PORTAL_APP_NAME": " Fieldnotes ",
            "ACCRUE_PORTAL_BACK_TO": "/app",
            "ACCRUE_PORTAL_THEME": "accent = light-dark(#0a6b4f, #7fe0b8); radius=4px;",
        }
    )

    assert (settings.app_name, settings.back_to) == ("Fieldnotes", "/app")
    assert settings.theme == {"accent": "light-dark(#0a6b4f, #7fe0b8)", "radius": "4px"}
    assert PortalSettings.from_env({}) == PortalSettings()


def test_offers_and_pauses_come_from_the_environment() -> None:
    settings = PortalSettings.from_env(
        {
            "ACCRUE_PORTAL_OFFERS": "pro; team=Team, per seat, usd;price_year = Pro by the year;",
            "ACCRUE_PORTAL_PAUSE": "void",
        }
    )

    assert settings.offers == (
        Offer(plan="pro"),
        Offer(plan="team", name="Team", has_seats=True, currency="usd"),
        Offer(plan="price_year", name="Pro by the year"),
    )
    assert settings.pause == "void"
    assert PortalSettings.from_env({"ACCRUE_PORTAL_OFFERS": "none"}).offers == ()
    assert not PortalSettings.from_env({"ACCRUE_PORTAL_OFFERS": "none"}).sells_changes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACK_TO", "//evil.test"),
        ("BACK_TO", "/\\evil.test"),
        ("BACK_TO", "javascript:alert(1)"),
        ("BACK_TO", "http://plain.test"),
        ("THEME", "accent"),
        ("THEME", "shadow=none"),
        ("THEME", "accent=red} body{display:none"),
        ("THEME", "accent=url('https://evil.test')"),
        ("OFFERS", "=Team"),
        ("OFFERS", "team=Team, per head"),
        ("OFFERS", "team=Team, usd, eur"),
        ("PAUSE", "yes"),
        ("PAUSE", "none"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_the_start(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError):
        PortalSettings.from_env({f"ACCRUE_PORTAL_{name}": value})


def test_the_portal_ships_no_script_and_little_else() -> None:
    folder = Path(accrue_portal.__file__).parent
    files = [path for path in folder.rglob("*") if path.suffix not in (".py", ".pyc", ".html")]

    assert sorted(path.name for path in files if path.is_file()) == ["portal.css", "py.typed"]
    assert sum(path.stat().st_size for path in folder.glob("static/*")) < 10_000
