"""What the documentation says to teams with Node works as it is written there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests.docs.pages import DOCS, Page
from tests.strangers import prepare
from tests.strangers.serving import LONGEST_STORY, environment, serving

PAGE = Page(DOCS / "plugins" / "a-stripe-emulator-for-your-tests.md")
NOBODY_LISTENS = "127.0.0.1:9/"


def test_the_node_of_the_page_runs_after_its_seed_file(node: str, tmp_path: Path) -> None:
    [seeds] = [block.code for block in PAGE.blocks if block.language == "json"]
    [program] = [block.code for block in PAGE.blocks if block.code.startswith("import Stripe")]
    seed_file = tmp_path / "seed.json"
    seed_file.write_text(seeds.replace("127.0.0.1:8000/", NOBODY_LISTENS))

    with serving("--seed-file", str(seed_file)) as origin:
        ended = subprocess.run(
            [node, "--input-type=module", "-"],
            input=program.replace("12111", str(urlsplit(origin).port))
            + "const found = await stripe.invoices.list({ subscription: subscription.id });\n"
            + "console.log(found.data.map((one) => one.status).join());\n",
            cwd=prepare.PROJECT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=LONGEST_STORY,
            check=False,
        )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "paid,paid\n", "")
