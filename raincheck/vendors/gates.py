"""When a vendor is better left alone: broken down, over its limit, or busy with as many calls as one may have.

Without this one vendor that hangs would take every worker's every thread, and the other vendors' candidates would
wait for it. What the processes must agree on is in the account's row; how many calls are under way, each process
minds for itself.
"""

import random
import threading
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from raincheck.core.actor import Actor
from raincheck.core.scope import company_scope
from raincheck.vendors.adapters.base import Gate, Held
from raincheck.vendors.models import VendorAccount
from raincheck.worklist.actions import Need, close_for_subject, open_task
from raincheck.worklist.models import Kind

#: So many calls in a row without an answer are no chance.
FAILURES = 5
#: How long nobody calls then; each further failure doubles it.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
#: After a pause one call tries it alone, for longer than any call takes.
PROBE = timedelta(seconds=20)
#: Calls to one account under way at once in one process, and how long a further one waits for a turn.
AT_ONCE, TURN = 3, 0.2
BUSY_AGAIN = 4.0
#: How many seconds of a rate may be used up at once, and how long a call may wait for its own.
BURST, PATIENCE = timedelta(seconds=5), timedelta(seconds=2)

#: For so many seconds what was read of the row counts as new.
FRESH = 1.0

_turns: dict[UUID, threading.BoundedSemaphore] = {}
_making = threading.Lock()


class AccountGate(Gate):
    """The gate of one account. Not to be used inside a transaction.

    It keeps what the row said for a moment, so that most calls need no look at the database.
    """

    def __init__(self, account: VendorAccount, *, calls_per_minute: int) -> None:
        """Stand before an account as it was just read."""
        self._account = account
        self._read_at = time.monotonic()
        #: Whether the pause in the row is there for our own call, which tries the vendor alone.
        self._probing = False
        self._turn = _turn_of(account.id)
        self._each = timedelta(minutes=1) / calls_per_minute if calls_per_minute else None

    def enter(self) -> None:
        """Let one call through. Raises Held."""
        if not self._turn.acquire(timeout=TURN):
            raise Held("busy", after=BUSY_AGAIN)
        try:
            self._pause_over()
            if self._each:
                self._keep_to_rate(self._each)
        except BaseException:  # a thread that is ended as well: nobody would give the turn back
            self._turn.release()
            raise

    def leave(self, *, trouble: str = "", wait: float = 0.0) -> None:
        """Free the turn; what is news goes into the row."""
        self._turn.release()
        if trouble:
            self._failed(trouble)
        elif wait:
            self._pause(timedelta(seconds=min(wait, LONGEST_PAUSE.total_seconds())))
        elif self._account.failures or self._account.paused_until:
            self._answered()

    def _pause_over(self) -> None:
        """Wait out a pause; the first to come after it tries the vendor alone."""
        if not self._probing and time.monotonic() - self._read_at > FRESH:
            with company_scope(self._account.company_id):
                self._take(VendorAccount.objects.get(id=self._account.id))
        until, now = self._account.paused_until, timezone.now()
        if until is None or self._probing:
            return
        if until > now:
            raise Held("paused", after=(until - now).total_seconds())
        if self._account.failures < FAILURES:
            return
        with company_scope(self._account.company_id) as now:
            ours = VendorAccount.objects.filter(id=self._account.id, paused_until=until)
            won = ours.update(paused_until=now + PROBE)
            there = VendorAccount.objects.get(id=self._account.id)
        self._take(there)
        # Ours: a second call on this line is no second probe.
        self._probing = bool(won)
        if not won and there.paused_until is not None:
            raise Held("paused", after=max((there.paused_until - now).total_seconds() / 2, 1.0))

    def _keep_to_rate(self, each: timedelta) -> None:
        """Take the next place in the account's row of calls, shared by all processes; wait for it if it is near."""
        with company_scope(self._account.company_id) as now:
            place = Greatest(F("next_call_at"), now - BURST) + each
            account = VendorAccount.objects.filter(id=self._account.id)
            free = account.filter(Q(next_call_at__isnull=True) | Q(next_call_at__lte=now + PATIENCE))
            taken = free.update(next_call_at=place)
            at = account.values_list("next_call_at", flat=True).get() or now
        if not taken:
            raise Held("rate limit", after=(at - now).total_seconds())
        time.sleep(max(0.0, (at - each - now).total_seconds()))

    def _failed(self, trouble: str) -> None:
        with company_scope(self._account.company_id) as now:
            account = VendorAccount.objects.select_for_update(no_key=True).get(id=self._account.id)
            if not self._probing and _is_shut(account, now):
                # Under way when it shut: of that trouble the pause knows already.
                self._take(account)
                return
            account.failures += 1
            account.trouble = trouble[:200]
            if account.failures >= FAILURES:
                account.paused_until = now + _pause_after(account.failures)
                self._ask_person(account, now)
            account.save(update_fields=["failures", "trouble", "paused_until"])
        self._take(account)

    def _answered(self) -> None:
        """Forget the failures: one answer is proof enough, but of no pause that began after the call did."""
        with company_scope(self._account.company_id) as now:
            account = VendorAccount.objects.select_for_update(no_key=True).get(id=self._account.id)
            if account.paused_until == self._account.paused_until:
                account = reopen(account_id=account.id, company_id=account.company_id, now=now)
        self._take(account)

    def _pause(self, wait: timedelta) -> None:
        """Leave the vendor the quiet it asked for."""
        with company_scope(self._account.company_id) as now:
            until = Greatest(F("paused_until"), now + wait)
            account = VendorAccount.objects.filter(id=self._account.id)
            account.update(paused_until=until)
            self._take(account.get())

    def _ask_person(self, account: VendorAccount, now: datetime) -> None:
        details = {"account": account.name, "trouble": account.trouble}
        need = Need(Kind.VENDOR_DOWN, "vendor_account", account.id, details=details)
        open_task(need=need, actor=Actor.system(account.company_id), now=now)

    def _take(self, account: VendorAccount) -> None:
        self._account.failures, self._account.paused_until = account.failures, account.paused_until
        self._read_at, self._probing = time.monotonic(), False


class AskedFor(AccountGate):
    """The gate before a test that a person asked for: a pause, which it may end, doesn't hold it back."""

    def _pause_over(self) -> None:
        """Wait for nothing: this is a try like the one after a pause."""
        self._probing = True


def _turn_of(account_id: UUID) -> threading.BoundedSemaphore:
    with _making:
        return _turns.setdefault(account_id, threading.BoundedSemaphore(AT_ONCE))


def reopen(*, account_id: UUID, company_id: UUID, now: datetime) -> VendorAccount:
    """Let everybody call again, and close the task that asked somebody to look."""
    account = VendorAccount.objects.select_for_update(no_key=True).get(id=account_id)
    account.failures, account.paused_until, account.trouble = 0, None, ""
    account.save(update_fields=["failures", "paused_until", "trouble"])
    close_for_subject(
        subject_id=account_id,
        kinds=[Kind.VENDOR_DOWN],
        actor=Actor.system(company_id),
        resolution="answered",
        now=now,
    )
    return account


def _is_shut(account: VendorAccount, now: datetime) -> bool:
    until = account.paused_until
    return account.failures >= FAILURES and until is not None and until > now


def _pause_after(failures: int) -> timedelta:
    """Return how long to leave it alone, with jitter so that not everybody comes back at once."""
    doubled = FIRST_PAUSE * (1 << min(failures - FAILURES, 10))
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.9, 1.1)  # noqa: S311
