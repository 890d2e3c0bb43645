"""The page in a real Chromium: what a person clicks, at the widths of a screen and a phone, in the light and in the dark; and what a hostile text cannot do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from agent.report._clean import clean
from agent.report.html_ import render
from agent.report.model import Report

from . import examples

pytestmark = pytest.mark.browser
HOSTILE = (
    *examples.PAYLOADS,
    "</script><script>alert(1)</script>",
    "</title></svg></style><script>alert(1)</script>",
    '"><svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>',
    "' onmouseover=alert(1) x='",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=http://evil.example></object><link rel=stylesheet href=//evil.example>",
    "<foreignObject><img src=http://evil.example/x></foreignObject><use href=http://evil.example#x>",
    "<base href=http://evil.example><meta http-equiv=refresh content='0;url=http://evil.example'>",
    "javascript:alert(1) {{ 7 * 7 }} {% raw %} &lt;script&gt; &#x3c;b&#x3e;",
    "--><!--[if IE]><script>alert(1)</script><![endif]-->]]>",
)
WIDTHS = (360, 800, 1100)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The one of the system."""
    place = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if place is None:
        pytest.skip("Chromium is not installed; on Debian: apt-get install chromium")
    with sync_playwright() as it:
        browser = it.chromium.launch(executable_path=place, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()


class _Watched:
    """What a page did that it must not do."""

    def __init__(self, page: Page) -> None:
        self.told: list[str] = []
        page.on("dialog", self._dialog)
        page.on("request", lambda it: self.told.append(f"request: {it.url}"))
        page.on("console", lambda it: self.told.append(f"console: {it.text}"))
        page.on("pageerror", lambda it: self.told.append(f"error: {it}"))
        page.on("popup", lambda it: self.told.append(f"popup: {it.url}"))

    def _dialog(self, it: Dialog) -> None:
        self.told.append(f"dialog: {it.message}")
        it.dismiss()


class _Screen(NamedTuple):
    width: int = 1100
    scheme: Literal["light", "dark"] = "light"
    script: bool = True


@contextmanager
def _shown(browser: Browser, folder: Path, report: Report, screen: _Screen = _Screen()) -> Iterator[tuple[Page, _Watched]]:  # noqa: B008  # it is frozen
    path = folder / "report.html"
    path.write_text(render(report), encoding="utf-8")
    context = browser.new_context(
        viewport={"width": screen.width, "height": 800}, color_scheme=screen.scheme, java_script_enabled=screen.script, permissions=["clipboard-read", "clipboard-write"]
    )
    try:
        page = context.new_page()
        watched = _Watched(page)
        page.goto(path.as_uri())
        watched.told.remove(f"request: {path.as_uri()}")
        yield page, watched
    finally:
        context.close()


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_hostile_text_is_shown_on_any_screen_and_does_nothing(chromium: Browser, tmp_path: Path, payload: str) -> None:
    report = examples.hostile(payload)
    with _shown(chromium, tmp_path, report) as (page, watched):
        page.get_by_role("button", name="Open all").click()
        page.mouse.move(300, 300)
        page.set_viewport_size({"width": 360, "height": 800})
        page.wait_for_timeout(50)

        assert 360 >= page.evaluate("document.documentElement.scrollWidth")

        assert [] == watched.told
        assert " ".join(clean(report.verdict).split()) == " ".join(page.locator("h1").inner_text().split())
        assert 0 == page.locator("img, iframe, object, embed, link, a, use, foreignObject, base, form").count()
        assert 1 == page.locator("script").count()


def test_even_what_got_in_could_neither_run_nor_load(chromium: Browser, tmp_path: Path) -> None:
    inject = """() => new Promise(done => {
        const stopped = [];
        document.addEventListener("securitypolicyviolation", event => { stopped.push(event.effectiveDirective); if (stopped.length == 4) done(stopped.sort()); });
        document.body.insertAdjacentHTML("beforeend", "<img src='http://evil.example/x.png'><svg onload='alert(1)'></svg><p style='color: red'></p>");
        fetch("http://evil.example/").catch(() => 0);
    })"""
    with _shown(chromium, tmp_path, examples.rich()) as (page, watched):
        assert ["connect-src", "img-src", "script-src-attr", "style-src-attr"] == page.evaluate(inject)
        assert [] == [one for one in watched.told if one.startswith(("dialog", "popup"))]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_command_is_copied_as_it_is(chromium: Browser, tmp_path: Path, width: int) -> None:
    command = examples.incident().fix[0].command
    with _shown(chromium, tmp_path, examples.rich(), _Screen(width)) as (page, watched):
        page.locator(".command button").first.click()
        page.get_by_text("The command is copied.").wait_for(state="attached")

        assert command == page.evaluate("navigator.clipboard.readText()")
        assert "Copied" == page.locator(".command button").first.inner_text()
        assert [] == watched.told


def test_the_filter_leaves_what_holds_the_words(chromium: Browser, tmp_path: Path) -> None:
    with _shown(chromium, tmp_path, examples.rich()) as (page, _watched):
        def visible() -> list[str]:
            return [one.get_attribute("id") or "" for one in page.locator("article").all() if one.is_visible()]

        assert ["p-a3f9", "p-e07b"] == visible()
        page.get_by_label("Filter").fill("Missing DEPENDENCIES")
        assert (["p-e07b"], "1 of 2 shown") == (visible(), page.locator("#told").inner_text())
        page.get_by_label("Filter").fill("no such thing")
        assert ([], "0 of 2 shown") == (visible(), page.locator("#told").inner_text())
        page.get_by_label("Filter").fill("")
        assert (["p-a3f9", "p-e07b"], "") == (visible(), page.locator("#told").inner_text())


def test_everything_opens_and_folds(chromium: Browser, tmp_path: Path) -> None:
    with _shown(chromium, tmp_path, examples.rich()) as (page, _watched):
        folded = page.locator("details:not([open])")
        assert folded.count() > 0
        page.get_by_role("button", name="Open all").click()
        assert 0 == folded.count()
        page.get_by_role("button", name="Fold all").click()
        assert 0 == page.locator("details[open]").count()


def test_a_consequence_opens_by_keyboard(chromium: Browser, tmp_path: Path) -> None:
    with _shown(chromium, tmp_path, examples.rich()) as (page, _watched):
        page.locator("#p-b1c2 > summary").focus()
        page.keyboard.press("Enter")

        assert page.locator("#p-b1c2 .named").first.is_visible()


def test_without_a_script_everything_is_there_and_no_button_is_dead(chromium: Browser, tmp_path: Path) -> None:
    with _shown(chromium, tmp_path, examples.rich(), _Screen(script=False)) as (page, _watched):
        assert [] == [one for one in page.locator("button, input").all() if one.is_visible()]
        page.locator("#p-b1c2 > summary").click()
        assert page.get_by_text("it runs out of memory").first.is_visible()


_OUTSIDE = """() => [...document.querySelectorAll("svg[role=img]")].flatMap(svg => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text, rect")].filter(one => getComputedStyle(one).display != "none")
        .map(one => [one, one.getBoundingClientRect()])
        .filter(([, box]) => box.right > frame.right + 1 || box.left < frame.left - 1 || box.bottom > frame.bottom + 1)
        .map(([one]) => one.textContent || one.outerHTML);
})"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(set(examples.GOLDEN) - {"hostile"}))
def test_nothing_is_wider_than_the_window_and_no_text_leaves_its_picture(chromium: Browser, tmp_path: Path, name: str, width: int) -> None:
    with _shown(chromium, tmp_path, examples.GOLDEN[name](), _Screen(width)) as (page, _watched):
        page.get_by_role("button", name="Open all").click()

        assert width >= page.evaluate("document.documentElement.scrollWidth")
        assert [] == page.evaluate(_OUTSIDE)


@pytest.mark.parametrize(
    ("name", "screen"), [("known", _Screen()), ("known", _Screen(360, "dark")), ("blind", _Screen(scheme="dark")), ("none_fits", _Screen(360))]
)
def test_a_screen_reader_and_weak_eyes_find_no_obstacle(chromium: Browser, tmp_path: Path, name: str, screen: _Screen) -> None:
    """axe-core: headings, names, roles, contrast (WCAG 2 A and AA, and its best practices)."""
    with _shown(chromium, tmp_path, examples.GOLDEN[name](), screen) as (page, _watched):
        page.get_by_role("button", name="Open all").click()
        found: Any = Axe().run(page).response["violations"]

        assert [] == [(one["id"], node["html"], node["failureSummary"]) for one in found for node in one["nodes"]]


def test_printed_it_holds_what_is_folded_on_the_screen(chromium: Browser, tmp_path: Path) -> None:
    with _shown(chromium, tmp_path, examples.rich(), _Screen(script=False)) as (page, _watched):
        page.emulate_media(media="print")
        heights = [box["height"] for one in page.locator("details:not([open]) > p, details:not([open]) > .scroll").all() if (box := one.bounding_box())]

        assert heights
        assert min(heights) > 0
        assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert page.pdf().startswith(b"%PDF")
