"""Somebody who looks on, and sees a page say 已取消 while the vendor would still admit the candidate.

The page first, the vendor afterwards. What is dead there when we look may have died since the page was drawn, which
is no harm; what is alive there after a page said 已取消 was alive when it said so, for nothing comes back to life.
"""

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from tests import people, site
from tests.soak.agreement import story
from tests.soak.play import Play
from tests.world import World

#: The words that stand beside 已取消 while the vendor might still admit the candidate.
PENDING = "AI面试系统确认中"
WARNINGS = (PENDING, "需人工撤销", "与AI面试系统不一致", "请勿使用")
#: Seconds between two looks: the onlooker isn't what the machine is for.
BETWEEN = 0.02
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CANCELLED = ('class="state state-cancelled"', 'class="state state-completed"')
PLAIN, CONFIRMING, WARNED, OTHER = "已取消", "确认中", "请勿使用 or by hand", "not cancelled"


@dataclass(frozen=True)
class Sighting:
    """A page that said 已取消 of an interview whose candidate the vendor would still have admitted."""

    interview_id: str
    page: str
    there: str
    asked_at: str
    looked_at: str


def said_of(part: str) -> str:
    """Say what a part of a page says of the one interview it is about."""
    if not any(state in part for state in _CANCELLED):
        return OTHER
    if PENDING in part:
        return CONFIRMING
    return WARNED if any(words in part for words in WARNINGS) else PLAIN


class Onlooker:
    """Samples what people would read, until told to stop."""

    def __init__(self, here: World, play: Play, http: httpx.Client, chance: random.Random) -> None:
        self.here, self.play, self._http = here, play, http
        self.said, self.pages, self.sightings = Counter[str](), Counter[str](), list[Sighting]()
        self.trouble = list[str]()
        self._chance, self._cookies = chance, dict[str, dict[str, str]]()
        hr = people.staff_client(here.staff["hr_manager"])
        self._hr = {name: morsel.value for name, morsel in hr.cookies.items()}
        self._truth = here.vendor.truth()
        self._over = threading.Event()

    def look(self, kind: str = "") -> None:
        """Look at one page (of any kind, if none is named), and at what the vendor holds of everyone on it."""
        kind = kind or self._chance.choice(list(LOOKS))
        asked_at = _now()
        said = LOOKS[kind](self)
        self.pages[kind] += 1
        self.said.update(said.values())
        plain = [interview_id for interview_id, words in said.items() if words == PLAIN]
        for interview_id, there in (self._truth.admitted(plain) if plain else {}).items():
            self.sightings.append(Sighting(interview_id, kind, there, asked_at, _now()))

    @contextmanager
    def looking_on(self):
        """Look on for as long as the block runs."""
        thread = threading.Thread(target=self._look_on)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(BETWEEN):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 (a thread's own end would be nobody's to see)
                self.trouble.append(repr(error))

    def _life(self):
        return self._chance.choice(self.play.in_the_act or self.play.lives)

    def _page(self, path: str, cookies: dict[str, str], **query: object) -> str:
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        answer = self._http.get(path, params=query, headers={"Cookie": cookie})
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def console_list(self) -> dict[str, str]:
        """Read a page of HR's list of what is cancelled; past its end there is the last one."""
        query = {"state": "cancelled", "page": self._chance.randint(1, 1 + len(self.play.lives) // 50)}
        rows = re.findall(
            r"<tr>\s*<td class=\"cell-main\">.*?</tr>", self._page("/console/", self._hr, **query), re.DOTALL
        )
        return {re.search(_ID, row)[0]: said_of(row) for row in rows}

    def console_page(self) -> dict[str, str]:
        """Read what HR reads of one interview: its head, state and all."""
        interview_id = self._life().interview_id
        page = self._page(f"/console/interviews/{interview_id}/", self._hr)
        return {interview_id: said_of(page.partition('class="page-head"')[2].partition('class="actions"')[0])}

    def portal_page(self) -> dict[str, str]:
        """Read what the candidate reads of it, the messages left out."""
        life = self._life()
        interview_id = life.interview_id
        page = self._page(f"/c/{self.here.company.slug}/interviews/{interview_id}/", self._signed_in(life))
        return {interview_id: said_of(page.partition("相关消息")[0])}

    def portal_list(self) -> dict[str, str]:
        """Read the candidate's own list."""
        page = self._page(f"/c/{self.here.company.slug}/", self._signed_in(self._life()))
        cards = re.findall(r'<a class="card icard.*?</a>', page, re.DOTALL)
        return {re.search(_ID, card)[0]: said_of(card) for card in cards}

    def _signed_in(self, life) -> dict[str, str]:
        key = str(life.identity_id)
        if key not in self._cookies:
            self._cookies[key] = site.candidate_cookies(self.here.company, life.candidate)
        return self._cookies[key]

    def check(self) -> None:
        """Assert that nothing was seen that must not be; else tell the whole story of it."""
        assert not self.trouble, self.trouble[:3]
        assert not self.sightings, "\n\n".join(self._story(sighting) for sighting in self.sightings[:3])

    def _story(self, sighting: Sighting) -> str:
        told = next((life.told for life in self.play.lives if sighting.interview_id in life.all_ids), [])
        return "\n  ".join([f"{sighting}", *told, story(self.here, self._truth, sighting.interview_id)])


LOOKS: dict[str, Callable[[Onlooker], dict[str, str]]] = {
    "HR's list": Onlooker.console_list,
    "HR's page": Onlooker.console_page,
    "candidate's page": Onlooker.portal_page,
    "candidate's list": Onlooker.portal_list,
}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
