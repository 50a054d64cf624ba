"""Light, dark, or as the system has it: an operator's own choice, kept in a cookie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from litestar import Controller, Request, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

Theme = Literal["light", "dark", "system"]

THEMES: tuple[str, ...] = get_args(Theme)
_COOKIE = "accrue_admin_theme"
_YEAR = 365 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class ThemeForm:
    """A choice, and the page it was made on."""

    theme: Theme
    back: str = "/"


class AppearanceController(Controller):
    """The choice of a theme."""

    @post("/theme", name="theme", status_code=303)
    async def choose(
        self,
        request: Request[Any, Any, Any],
        data: Annotated[ThemeForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """Keep the choice and go back to where it was made."""
        root = request.scope.get("root_path", "").rstrip("/")
        answer = Redirect(_own_path(data.back, root), status_code=303)
        answer.set_cookie(
            key=_COOKIE,
            value=data.theme,
            path=root or "/",
            max_age=_YEAR,
            httponly=True,
            samesite="lax",
            secure=request.scope.get("scheme") == "https",
        )
        return answer


def theme_of(request: Request[Any, Any, Any]) -> str:
    """Return the theme that was chosen; anything else is the system's."""
    chosen = request.cookies.get(_COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def _own_path(path: str, root: str) -> str:
    """Return a path of these pages as it is, and their first page instead of anything else."""
    is_ours = path.startswith(f"{root}/") and not path.startswith("//") and "\\" not in path
    is_plain = path.isascii() and path.isprintable()
    return path if is_ours and is_plain else f"{root}/"
