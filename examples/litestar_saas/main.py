"""Start the demonstration host: ``make demo``.

Serves Fieldnotes on the loopback. The first start plays a year of business; what is there then is
kept, and the next start goes on from it. Variables of the environment:

PROCESSOR=stripe            sell through Stripe's SDK and HTTP, at an account that the Fake plays
PORT                        where to listen (8000; another when that is taken)
RESET=1                     forget what is kept and begin anew
ACCRUE_DEMO_FOLDER          where to keep it (.demo in the repository)
ACCRUE_DEMO_ORGANIZATIONS   how many organizations the year has (40)
ACCRUE_DEMO_ONCE=1          end when everything is ready, as ``--once`` does
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

if __name__ == "__main__":
    # Run as a file, Python looks for modules beside it; this one lives in a package.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from examples.litestar_saas.catalog import FAKE, STRIPE
from examples.litestar_saas.demo.run import Demo, Options

_REPOSITORY = Path(__file__).resolve().parents[2]
_HIGHEST_PORT = 65535

_DEPLOYMENT = {
    "ACCRUE_PORTAL_APP_NAME": "Fieldnotes",
    "ACCRUE_PORTAL_BACK_TO": "/settings",
    "ACCRUE_PORTAL_OFFERS": (
        "pro; price_pro_yearly=Pro by the year, usd; team=Team, per seat, usd; "
        "price_pro_monthly_eur=Pro, eur; price_pro_yearly_eur=Pro by the year, eur; "
        "price_team_seat_eur=Team, per seat, eur; price_pro_monthly_jpy=Pro, jpy; "
        "price_pro_yearly_jpy=Pro by the year, jpy; price_team_seat_jpy=Team, per seat, jpy"
    ),
    "ACCRUE_PORTAL_THEME": (
        "accent=light-dark(#1c6a4f, #7fd3ae); on-accent=light-dark(#ffffff, #0d2018); "
        "page=light-dark(#f6f5f1, #131614); surface=light-dark(#ffffff, #1b1f1c); radius=12px"
    ),
}
"""What a deployment of Fieldnotes sets: the portal in the colors of the house, and its offers."""


def main() -> int:
    """Return the exit code: 0 in good order, 1 when something failed, 2 for wrong words."""
    try:
        options = _options(sys.argv[1:], os.environ)
    except ValueError as wrong:
        print(f"{wrong}\n\n{__doc__}", file=sys.stderr)
        return 2
    for name, value in _DEPLOYMENT.items():
        os.environ.setdefault(name, value)
    try:
        return asyncio.run(Demo(options).run())
    except KeyboardInterrupt:
        return 130


def _options(arguments: list[str], environ: Mapping[str, str]) -> Options:
    if arguments not in ([], ["--once"]):
        raise ValueError("The only argument is --once.")
    processor = environ.get("PROCESSOR") or FAKE
    if processor not in (FAKE, STRIPE):
        raise ValueError(f"PROCESSOR is {FAKE} or {STRIPE}, not {processor[:20]!r}.")
    folder = Path(environ.get("ACCRUE_DEMO_FOLDER") or _REPOSITORY / ".demo")
    return Options(
        port=_number(environ, "PORT", 8000, most=_HIGHEST_PORT),
        folder=folder if processor == FAKE else folder / processor,
        processor=processor,
        organizations=_number(environ, "ACCRUE_DEMO_ORGANIZATIONS", 40, least=5, most=45),
        is_reset="1" in (environ.get("RESET"), environ.get("ACCRUE_DEMO_RESET")),
        is_once=bool(arguments) or environ.get("ACCRUE_DEMO_ONCE") == "1",
    )


def _number(
    environ: Mapping[str, str], name: str, otherwise: int, *, least: int = 0, most: int
) -> int:
    text = environ.get(name) or str(otherwise)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ValueError(f"{name} is a number from {least} to {most}, not {text[:20]!r}.")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
