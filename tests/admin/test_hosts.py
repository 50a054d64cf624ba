"""The back office inside a host's own application."""

from __future__ import annotations

import httpx
from litestar import Litestar

from accrue_core.hosts.litestar import AccruePlugin
from tests.admin.desk import OPERATOR, Desk
from tests.admin.reading import fields_of_form, read


async def test_a_litestar_host_serves_it_below_its_own_path(desk: Desk) -> None:
    id_ = await desk.subscribed()
    app = Litestar([], plugins=[AccruePlugin(desk.accrue)], logging_config=None)
    path = f"/billing/admin/subscriptions/{id_}"
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://host.test") as client:
        client.headers["user"] = OPERATOR

        for start in ("/billing/admin", "/billing/admin/", path):
            answer = await client.get(start)
            assert answer.status_code == 200, start
            links = [link for link in read(answer.text).links if not link.startswith("#")]
            assert all(link.startswith("/billing/admin/") for link in links)
        asked = await client.get(f"{path}/cancel")
        fields = fields_of_form(asked.text, f"{path}/cancel")
        done = await client.post(f"{path}/cancel", data=fields)
        client.headers["user"] = "ann"
        refused = await client.get(path)

    assert done.status_code == 303
    assert done.headers["location"] == f"{path}?done=ending"
    assert (await desk.billing.subscription(id_)).cancel_at_period_end
    assert refused.status_code == 403
