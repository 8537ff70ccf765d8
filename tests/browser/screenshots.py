"""Photograph the pages of a served demonstration:  python tests/browser/screenshots.py http://127.0.0.1:8000 [folder]

Makes the pictures of the README, and those one looks at before a change of the look is committed.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ARGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
PAGES = {
    "front": "/",
    "sample": "/c/omono/",
    "notice": "/c/omono/notice/",
    "choices": "/c/omono/choices/",
    "public-promises": "/c/omono/promises/",
    "person-ask": "/c/miomi/you/",
    "parts": "/parts/",
    "mailbox": "/mailbox/",
}
DESK = {
    "promises": "/desk/promises/omono/",
    "desk": "/desk/",
    "holds": "/desk/holds/",
    "looks": "/desk/looks/",
    "moments": "/desk/moments/",
    "requests": "/desk/requests/",
    "refused": "/desk/refused/",
    "sweeps": "/desk/sweeps/",
}
TALLEST = 4000  # a page of hundreds of rows says no more at its end
SIZES = {"1280": (1280, 900), "390": (390, 800)}


def come_in(browser: Browser, desk: str) -> Any:
    """The demonstration's officer: a one-time link, then the code that the demo shows. Returns the session's cookies:
    a code counts once, so that one sign-in serves every picture."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(desk + "/desk/enter/")
    page.get_by_role("button", name="Come in as the demo").click()
    page.get_by_role("button", name="Come in").click()
    page.get_by_label("Code").fill(page.locator("#present").inner_text())
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url("**/desk/")
    state = context.storage_state()
    context.close()
    return state


def main(origin: str, folder: str) -> None:
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    desk = re.sub(r"//[^:/]+", "//localhost", origin)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        state = come_in(browser, desk)
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                view = {"width": width, "height": height}
                context = browser.new_context(viewport=view, color_scheme=scheme, storage_state=state)
                page = context.new_page()
                for name, path in PAGES.items():
                    photograph(page, origin + path, out / f"{name}-{size}-{scheme}.png")
                for name, path in DESK.items():
                    photograph(page, desk + path, out / f"{name}-{size}-{scheme}.png")
                context.close()
        browser.close()


def photograph(page: Page, address: str, file: Path) -> None:
    page.goto(address)
    page.wait_for_load_state("load")
    wide, high = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    page.screenshot(path=str(file), full_page=True, clip={"x": 0, "y": 0, "width": wide, "height": min(high, TALLEST)})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "docs/pictures")
