"""A tab that is watched: what comes over the wire, what is complained of, what is hard to use."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal

from playwright.sync_api import ConsoleMessage, Page, Response

Scheme = Literal["light", "dark"]
State = tuple[int, Scheme]  # a screen: how wide it is, and its theme
WIDTHS = (1280, 390, 320)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
STATES: tuple[State, ...] = tuple((width, scheme) for width in WIDTHS for scheme in SCHEMES)

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_ASK = """([rules]) => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(
    (found) => found.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`))"""
_WIDE = "() => document.documentElement.scrollWidth - innerWidth"


@dataclass
class Watched:
    """A tab of the site at `address`.

    `faults` are the complaints of the browser, `strangers` the addresses elsewhere that were
    asked; `wrong` tells of them and empties them. `bytes` is what came since `open`, by the kind
    of thing.
    """

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("response", self._came)
        self._path = ""

    def _said(self, told: ConsoleMessage) -> None:
        # The browser complains of the very page that is not there: some tests want none.
        missing = "status of 404" in told.text and told.location["url"] == self.address + self._path
        if told.type == "error" and not missing:
            self.faults.append(told.text)

    def _came(self, response: Response) -> None:
        if not response.url.startswith(self.address):
            self.strangers.append(response.url)
            return
        kind = response.request.resource_type
        self.bytes[kind] = self.bytes.get(kind, 0) + len(response.body())

    def open(self, path: str) -> None:
        """Open a page, and forget what was before."""
        self._path = path
        self.faults.clear()
        self.strangers.clear()
        self.bytes.clear()
        self.page.goto(path)

    def turn(self, state: State) -> None:
        """Give the open page another screen."""
        width, scheme = state
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(color_scheme=scheme)

    def wrong(self, *, judged: bool = True) -> list[str]:
        """Return what is wrong on this screen, and what was complained of since the last one.

        Unless `judged`, the rules of accessibility are not gone through: that takes long.
        """
        found: list[str] = []
        if judged:
            if not self.page.evaluate("'axe' in window"):
                self.page.evaluate(_AXE)
            found = self.page.evaluate(_ASK, [_RULES])
        wide = self.page.evaluate(_WIDE)
        if wide > 0:
            found.append(f"{wide} px wider than the screen")
        found += self.faults + [f"asked {url}" for url in self.strangers]
        self.faults.clear()
        self.strangers.clear()
        return found

    def unsound(self, path: str, judged: tuple[State, ...]) -> list[str]:
        """Open a page once and turn it to all screens; return what is wrong with it, and where.

        `judged` are the screens on which the rules of accessibility are gone through.
        """
        self.open(path)
        wrong: list[str] = []
        for state in STATES:
            self.turn(state)
            found = self.wrong(judged=state in judged)
            wrong += [f"{path} at {state}: {one}" for one in found]
        return wrong
