"""What a deployment decides about the portal, and what the portal ships."""

from __future__ import annotations

from pathlib import Path

import pytest

import accrue_portal
from accrue_core.errors import ConfigurationError
from accrue_portal.settings import PortalSettings


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
