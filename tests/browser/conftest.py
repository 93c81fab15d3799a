"""A real Chromium against the running product."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import site

# So that it talks to nobody but us, also as root in a closed network.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Run the machine's Chromium."""
    path = os.environ.get("RAINCHECK_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    # The driver keeps an event loop in this thread, which Django would take for an async caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    assert path, "no Chromium: run scripts/find-chromium, or set RAINCHECK_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running_site(migrated: Any, vendor_process: Any, outbox_process: Any) -> Iterator[site.Site]:
    """Run web and worker for one file of stories; left running, the worker would take other tests' jobs."""
    with site.running(outbox_process) as running:
        yield running


@pytest.fixture
def open_page(chromium: Browser, running_site: site.Site) -> Iterator[Any]:
    """Return a function that opens a page, as a phone or a desk, and fails the test on any console error."""
    opened: list[tuple[Page, list[str]]] = []

    def open_as(
        *,
        width: int = 390,
        scheme: str = "light",
        locale: str = "zh-CN",
        cookies: dict[str, str] | None = None,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 900 else 900},
            color_scheme=scheme,  # type: ignore[arg-type] # light or dark
            locale=locale,
            base_url=running_site.url,
            has_touch=width < 900,
        )
        context.add_cookies(
            [{"name": n, "value": v, "url": running_site.url} for n, v in (cookies or {}).items()]
        )
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        opened.append((page, errors))
        return page

    yield open_as
    for page, errors in opened:
        page.context.close()
        assert errors == [], "the browser complained"
