"""The play itself: deeds by everybody, in the order chance has drawn, while the vendor and the post misbehave."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import httpx
from django.db import connection

from raincheck.cancellations import rebooking
from raincheck.cancellations.actions import Ask, approve, reject, request_cancellation, withdraw
from raincheck.cancellations.models import LIVE, Cancellation
from raincheck.core.actor import Actor
from raincheck.core.errors import RaincheckError
from raincheck.recruiting import actions as recruiting
from raincheck.recruiting.models import Interview
from raincheck.vendors.models import VendorAccount
from raincheck.vendors.reconciliation.actions import request_reconciliation
from tests.soak.cast import Life
from tests.soak.stage import POST_MOODS, Stage
from tests.world import World

#: As many lives are in the act at once.
IN_THE_ACT = 40
#: After so many deeds the vendor's mood changes, waits are cut short, the vendor dies, both sides are compared.
MOOD, HURRY, DEATH, RECONCILIATION = 25, 30, 350, 200
VENDOR_MOODS = ("well", "unreachable", "slow", "error_500", "error_500_after_doing", "lies")
#: Deeds wait while more jobs than this do: the play is about what happens at the same time.
MOST_JOBS = 60
PATIENCE = 60.0


class Bag:
    """Things drawn until none is left, then all again: in any order, but none is forgotten."""

    def __init__(self, things: Sequence[str], chance: random.Random) -> None:
        self._things, self._chance, self._left = things, chance, list[str]()

    def next(self) -> str:
        """Draw one."""
        self._left = self._left or self._chance.sample(self._things, len(self._things))
        return self._left.pop()


class Play:
    """Everybody's deeds, one after the other, while workers, web and onlooker go on beside them."""

    def __init__(self, here: World, stage: Stage, lives: list[Life], chance: random.Random) -> None:
        self.here, self.stage, self.chance = here, stage, chance
        self.hr, self.truth = here.actor(), stage.vendor.truth()
        self.lives, self.waiting, self.acting = lives, lives[::-1], list[Life]()
        self.past = list[Life]()
        self._vendor, self._post = Bag(VENDOR_MOODS, chance), Bag(POST_MOODS, chance)
        self.deeds, self.refused, self.moods = Counter[str](), Counter[str](), Counter[str]()

    @property
    def in_the_act(self) -> list[Life]:
        """The lives worth looking at: of late, and of now."""
        return self.past[-IN_THE_ACT:] + self.acting

    def go(self) -> None:
        """Play every life to its end."""
        step = 0
        while self.waiting or self.acting:
            while self.waiting and len(self.acting) < IN_THE_ACT:
                self.acting.append(self.waiting.pop())
            step += 1
            self._weather(step)
            life = self.chance.choice(self.acting)
            self._do(life, life.deeds.pop())
            if not life.deeds:
                self.acting.remove(life)
                self.past.append(life)
        self.stage.vendor.await_ready()

    def _do(self, life: Life, deed: str) -> None:
        """Do one deed, taking for what it is that it can't be done now."""
        try:
            done = DEEDS[deed](self, life)
        except RaincheckError as refusal:
            life.note(f"{deed}: refused, {refusal.code}")
            self.refused[refusal.code] += 1
        except httpx.TransportError:
            life.note(f"{deed}: the vendor is down")
            self.refused["vendor is down"] += 1
        else:
            life.note(deed if done else f"{deed}: nothing to do")
            (self.deeds if done else self.refused)[deed] += 1

    def _weather(self, step: int) -> None:
        """Let moods change and time pass."""
        if step % MOOD == 0:
            self._change_moods()
        if step % HURRY == 0:
            hurry(self.here)
            self._keep_together()
        if step % DEATH == 0:
            self.stage.vendor.kill_and_start()
            self.moods["vendor killed"] += 1
        # The last third is left to the one reconciliation after the storm.
        if step % RECONCILIATION == 0 and len(self.waiting) > len(self.lives) / 3:
            self._reconcile()

    def _change_moods(self) -> None:
        mood, self.stage.post.mood = self._vendor.next(), self._post.next()
        times, ms = self.chance.randint(3, 20), self.chance.choice([50, 300, 900])
        try:
            self.here.vendor.clear_faults()
            if mood != "well":
                self.here.vendor.fault(mood, times=times, ms=ms if mood == "slow" else 0)
        except httpx.TransportError:
            mood = "down"
        self.moods[f"vendor {mood}"] += 1
        self.moods[f"post {self.stage.post.mood}"] += 1

    def _keep_together(self) -> None:
        """Wait for the workers where the deeds have run far ahead of them."""
        until = time.monotonic() + PATIENCE
        while jobs_waiting() > MOST_JOBS and time.monotonic() < until:
            time.sleep(0.1)

    def _reconcile(self) -> None:
        try:
            with self.here.scope() as now:
                request_reconciliation(actor=self.hr, account_id=self.here.account.id, now=now)
        except RaincheckError as refusal:
            self.refused[refusal.code] += 1
        else:
            self.moods["reconciled in passing"] += 1

    # ── what everybody does; each says whether there was anything to do ──────────────────────────

    def ask(self, life: Life, *, by_hr: bool) -> bool:
        actor: Actor = self.hr if by_hr else life.actor(self.here.company.id)
        ask = Ask(reason="interviewer_unavailable" if by_hr else "time_conflict")
        with self.here.scope() as now:
            request_cancellation(interview_id=life.interview_id, actor=actor, ask=ask, now=now)
        return True

    def decide(
        self, life: Life, deed: Callable[..., object], *, as_candidate: bool = False, **more: str
    ) -> bool:
        """Have somebody decide on this life's cancellation, if one is open."""
        with self.here.scope() as now:
            live = Cancellation.objects.filter(interview_id=life.interview_id, state__in=LIVE).first()
            if live is None:
                return False
            actor = life.actor(self.here.company.id) if as_candidate else self.hr
            deed(cancellation_id=live.id, actor=actor, now=now, **more)
        return True

    def on_the_page(self, life: Life, button: str) -> bool:
        """Press a button on the candidate's page at the vendor, which shows it only while they are admitted."""
        row = self.truth.one(life.interview_id)
        if row is None:
            return False
        answer = self.here.vendor.http.post(f"/i/{row['token']}/{button}")
        return answer.status_code == 303

    def there(self, life: Life, to: str) -> bool:
        """Let the vendor itself end what is open there."""
        row = self.truth.one(life.interview_id)
        if row is None or row["status"] not in {"invited", "in_progress"}:
            return False
        self.here.vendor.progress(row["id"], to)
        return True

    def reschedule(self, life: Life) -> bool:
        shift = timedelta(minutes=self.chance.choice([-30, 45, 90]))
        with self.here.scope() as now:
            interview = Interview.objects.get(id=life.interview_id)
            times = recruiting.Times(interview.kind, interview.starts_at + shift, interview.ends_at + shift)
            recruiting.reschedule(interview_id=interview.id, times=times, actor=self.hr, now=now)
        return True

    def restore(self, life: Life) -> bool:
        with self.here.scope() as now:
            found = (
                Cancellation.objects.filter(interview_id=life.interview_id).order_by("-requested_at").first()
            )
            if found is None:
                return False
            restored = rebooking.restore(cancellation_id=found.id, actor=self.hr, now=now)
        life.earlier.append(life.interview_id)
        life.interview_id = str(restored.id)
        return True

    def clock(self, life: Life) -> bool:
        """Let the clock that runs for this life's cancellation have ended; the sweep finds it."""
        with self.here.scope() as now:
            running = Cancellation.objects.filter(interview_id=life.interview_id, due_at__gt=now)
            return bool(running.update(due_at=now))


DEEDS: dict[str, Callable[[Play, Life], bool]] = {
    "asks": lambda play, life: play.ask(life, by_hr=False),
    "hr cancels": lambda play, life: play.ask(life, by_hr=True),
    "approves": lambda play, life: play.decide(life, approve),
    "rejects": lambda play, life: play.decide(life, reject, decision_note="请按时参加"),
    "withdraws": lambda play, life: play.decide(life, withdraw, as_candidate=True),
    "begins": lambda play, life: play.on_the_page(life, "begin"),
    "submits": lambda play, life: play.on_the_page(life, "submit"),
    "cancelled there": lambda play, life: play.there(life, "cancelled"),
    "expired there": lambda play, life: play.there(life, "expired"),
    "reschedules": Play.reschedule,
    "restores": Play.restore,
    "clock ends": Play.clock,
}


def hurry(here: World) -> None:
    """Let every wait be over, a vendor's wish for quiet included; what is being asked just now keeps its lease."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = NULL"
            " WHERE status = 'todo' AND queue_name = 'vendors' AND scheduled_at IS NOT NULL"
        )
        cursor.execute(
            "SELECT jsonb_array_elements_text(args -> 'cancellation_ids') FROM procrastinate_jobs"
            " WHERE status = 'doing' AND task_name = 'vendors.agree'"
        )
        leased = [cancellation_id for (cancellation_id,) in cursor.fetchall()]
    with here.scope() as now:
        waits = Cancellation.objects.filter(next_attempt_at__gt=now).exclude(id__in=leased)
        waits.update(next_attempt_at=now)
        VendorAccount.objects.filter(paused_until__gt=now).update(paused_until=now)


def jobs_waiting() -> int:
    """Count what workers are at or could be at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'vendors'"
            " AND (status = 'doing' OR status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))"
        )
        return int(cursor.fetchone()[0])
