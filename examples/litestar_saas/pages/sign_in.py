"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar import post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.params import Body
from litestar.response import Redirect

from examples.litestar_saas.pages.visit import Asked, host_of
from examples.litestar_saas.people import VISITORS, Person
from examples.litestar_saas.sessions import COOKIE
from examples.litestar_saas.wiring import Host


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who the visitor would like to be."""

    person: str


SignInForm = Annotated[SignIn, Body(media_type=RequestEncodingType.URL_ENCODED)]


@post("/sign-in", name="sign_in")
async def sign_in(request: Asked, data: SignInForm) -> Redirect:
    """Believe the visitor: the one thing here that a real host does otherwise."""
    host = host_of(request)
    person = next((one for one in VISITORS if one.id == data.person), None)
    if person is None:
        raise ClientException("nobody is called that")
    host.sessions.end(request.scope)
    key = host.sessions.begin(person)
    cookie = Cookie(key=COOKIE, value=key, httponly=True, samesite="lax")
    return Redirect(_first_page(host, person), status_code=303, cookies=[cookie])


@post("/sign-out", name="sign_out")
async def sign_out(request: Asked) -> Redirect:
    """Forget the session."""
    host_of(request).sessions.end(request.scope)
    cookie = Cookie(key=COOKIE, value="", httponly=True, samesite="lax", max_age=0)
    return Redirect("/", status_code=303, cookies=[cookie])


def _first_page(host: Host, person: Person) -> str:
    return "/billing/admin" if person.is_operator and host.has_pages("admin") else "/"
