"""Photograph the pages for the README: ``make screenshots`` starts a demo desk of its own and looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
IMAGES = PROJECT / "docs" / "img"
PASSWORD = "photographer-1"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def main() -> int:
    """Take every picture; returns the process's exit code."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data_dir, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        settings = {"DATA_DIR": data_dir, "PORT": str(port), "DEMO_PASSWORD": PASSWORD}
        desk = subprocess.Popen([sys.executable, "app.py"], cwd=PROJECT, env=os.environ | settings)
        try:
            _wait(f"http://127.0.0.1:{port}/healthz")
            with sync_playwright() as playwright:
                chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
                _photograph(browser, f"http://127.0.0.1:{port}")
                browser.close()
        finally:
            desk.terminate()
            desk.wait(30)
    return 0


def _photograph(browser: Browser, base: str) -> None:
    desk = _visitor(browser, base, "roster", width=1440, height=900)
    _take(desk, base, "/", "home")
    _take(desk, base, "/roster/", "roster")
    _take(desk, base, "/channels/", "channels")
    _take(desk, base, "/policies/escalation?level=1&category=quality", "chain")
    desk.goto(f"{base}/groups/")
    desk.goto(base + (desk.locator("table.list tbody a").first.get_attribute("href") or "/"))
    member = desk.locator("main a[href^='/complaints/C-']").first.get_attribute("href")
    _take(desk, base, member or "/complaints/", "complaint")
    desk.goto(f"{base}/compensations/")
    late = desk.locator("tr", has_text="抵尾款").locator("a[href^='/complaints/']").first.get_attribute("href")
    _take(desk, base, f"{late}/disputes/", "delay")
    desk.goto(f"{base}/?view=unacknowledged")
    number = desk.locator(".matter a.strong").first.inner_text()
    _take(_visitor(browser, base, "duty", width=390, height=844), base, f"/complaints/{number}", "phone")
    _take(_visitor(browser, base, "roster", width=1440, height=900, scheme="dark"), base, "/", "home-dark")


def _visitor(browser: Browser, base: str, login: str, *, width: int, height: int, scheme: str = "light") -> Page:
    size = {"width": width, "height": height}
    page = browser.new_context(viewport=size, color_scheme=scheme, locale="zh-CN").new_page()
    page.goto(f"{base}/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("button.btn-primary")
    page.wait_for_url(f"{base}/")
    return page


def _take(page: Page, base: str, path: str, name: str) -> None:
    page.goto(base + path)
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=70)


def _wait(url: str) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the desk did not come up")


if __name__ == "__main__":
    raise SystemExit(main())
