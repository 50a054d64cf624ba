"""Whatever a browser has to complain about while somebody uses the pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_SAYS_A_STATUS = "Failed to load resource"
"""How the console repeats a status that the answer itself has told us, with its address."""


class Watch:
    """Notes what no page of ours may do, in every page of one browser context.

    That is: an error on the console (what a content security policy has stopped is one), an
    exception, a request to another origin than the host's, a part of a page that is missing, and
    an answer that blames the server.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = origin
        self.complaints: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._exception)
        context.on("request", self._request)
        context.on("response", self._response)

    def take(self) -> list[str]:
        """Return what was noted since the last time."""
        taken, self.complaints = self.complaints, []
        return taken

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_SAYS_A_STATUS):
            self.complaints.append(f"console: {message.text}")

    def _exception(self, error: WebError) -> None:
        self.complaints.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        is_inline = address.scheme in ("data", "blob", "about")
        if not is_inline and f"{address.scheme}://{address.netloc}" != self._origin:
            self.complaints.append(f"another origin: {request.method} {request.url}")

    def _response(self, response: Response) -> None:
        is_page = response.request.is_navigation_request()
        if response.status >= (500 if is_page else 400):
            self.complaints.append(f"answered {response.status}: {response.url}")
