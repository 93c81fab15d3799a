"""Walking every address of the product: what there is, who may go there, and whether going there changed anything."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern

from raincheck.accounts.keys import Wish, make_key
from raincheck.accounts.models import ApiKey, Invitation
from raincheck.archive import holds
from raincheck.archive.models import LegalHold
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.insights.models import SavedView
from raincheck.migration.dual_track import actions as tracks
from raincheck.migration.dual_track.models import DualTrack
from raincheck.migration.exports.models import Export
from raincheck.migration.loading.quarantine import new_key, reseal
from raincheck.migration.models import ImportRun, QuarantinedRow, Upload
from raincheck.migration.retention.models import RetentionRun
from raincheck.migration.rollback.batches import open_batch
from raincheck.migration.rollback.models import Batch, BatchKind
from raincheck.migration.rows.drafts import Raw
from raincheck.notifications import leaving
from raincheck.notifications.calendars.feeds import address_of, renew
from raincheck.notifications.models import CalendarFeed
from raincheck.recruiting.models import Interview
from raincheck.reminders.links import address
from raincheck.reminders.models import Reminder
from raincheck.staffing.invitations import Guest, invite
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind, Task
from tests.world import World

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
#: Written by looking, or by asking in vain, and by nothing else: a session's expiry, a key's last use, how often
#: somebody asked. Likewise the entries that say who looked.
_SESSIONS = ("django_session", "accounts_candidatesession", "accounts_apikey", "core_allowance")
METHOD_NOT_ALLOWED = 405


@dataclass(frozen=True)
class Endpoint:
    """One address: its route as written in urls.py, and the view behind it."""

    route: str
    view: Callable[..., Any]

    @property
    def audience(self) -> str:
        """Say whom it is for: public, candidate, staff, own or program; `""` where the view doesn't say."""
        return str(getattr(self.view, "audience", ""))

    @property
    def ability(self) -> str:
        """Name the ability it asks for, or why it asks for none."""
        return str(getattr(self.view, "ability", ""))

    def asked(self, method: str) -> str:
        """Name the ability it asks for with this method: some pages let more people look than act."""
        return str(self.view.looking) if method == "GET" else self.ability

    @property
    def names(self) -> list[str]:
        """Name what the address speaks of."""
        return _PLACE.findall(self.route)

    def path(self, ids: dict[str, Any]) -> str:
        """Fill the address in."""
        return "/" + _PLACE.sub(lambda place: str(ids[place[1]]), self.route)


def endpoints(*audiences: str) -> list[Endpoint]:
    """Return every address, or those for these audiences."""
    found = [Endpoint(route, pattern.callback) for route, pattern in _patterns(get_resolver(), "")]
    return [endpoint for endpoint in found if not audiences or endpoint.audience in audiences]


def _patterns(resolver: Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        assert isinstance(pattern.pattern, RoutePattern), f"{pattern} can't be walked"
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from _patterns(pattern, route)


def answers(client: Any, path: str) -> dict[str, Any]:
    """Return what the address answers to GET and to an empty POST, without the methods it doesn't take."""
    given = {"GET": client.get(path), "POST": client.post(path)}
    return {method: answer for method, answer in given.items() if answer.status_code != METHOD_NOT_ALLOWED}


@dataclass(frozen=True)
class Scene:
    """One company with something behind every kind of id."""

    world: World
    scheduled: Interview
    in_review: Cancellation
    cancelled: Interview
    task: Task
    entry: Entry
    feed: CalendarFeed
    reminder: Reminder
    batch: Batch
    export: Export
    hold: LegalHold
    run: RetentionRun
    track: DualTrack
    view: SavedView
    invitation: Invitation
    key: ApiKey
    upload: Upload
    row: QuarantinedRow

    @property
    def ids(self) -> dict[str, Any]:
        """Return what addresses are filled in with."""
        return {
            "slug": self.world.company.slug,
            "interview_id": self.scheduled.id,
            "cancellation_id": self.in_review.id,
            "task_id": self.task.id,
            "batch_id": self.batch.id,
            "export_id": self.export.id,
            "hold_id": self.hold.id,
            "run_id": self.run.id,
            "track_id": self.track.id,
            "position_id": self.world.position.id,
            "candidate_id": self.world.candidate.id,
            "adapter": self.world.account.adapter,
            "account_id": self.world.account.id,
            "entry_id": self.entry.id,
            "address": address_of(self.feed).url.rpartition("/")[2].removesuffix(".ics"),
            "topic": "reminders",
            "ticket": leaving.address(
                self.world.company, self.world.candidate.identity_id, "reminders"
            ).split("/")[-2],
            "link": address(self.world.company, self.reminder.id).split("/")[-2],
            "carrier": "aliyun_sms",
            "view_id": self.view.id,
            "token": "no-token",
            "staff_id": self.world.staff["recruiter"].id,
            "invitation_id": self.invitation.id,
            "key_id": self.key.id,
            "upload_id": self.upload.id,
            "row_id": self.row.id,
            "company_id": self.world.company.id,
            "session_id": 0,
            "tie_id": 0,
            "pk": 0,
            "provider_id": "nobody",
        }


def scene(world: World, drain: Callable[[], None]) -> Scene:
    """Play a company into a state in which every page has something to show."""
    cancelled = world.book(hours=120)
    world.ask(cancelled)
    drain()
    scheduled, soon = world.book(hours=150), world.book(hours=3)
    in_review = world.ask(soon)
    with world.scope() as now:
        need = Need(Kind.VENDOR_PENDING, "interview", cancelled.id, cancelled.id)
        system = Actor.system(world.company.id)
        task = open_task(need=need, actor=system, now=now)
        reminder = Reminder.objects.create(
            company=world.company,
            interview=scheduled,
            lead=60,
            instant=scheduled.starts_at,
            decided_at=now,
            told=True,
        )
        batch = open_batch(kind=BatchKind.IMPORT, name="file.csv", actor=system, now=now)
        upload, row = _import(world, batch, now)
        export = Export.objects.create(
            company=world.company, asked_at=now, asked_by=world.staff["hr_manager"]
        )
        manager = world.actor("hr_manager")
        hold = holds.place(candidate_id=world.candidate.id, why="案号一", actor=manager, now=now)
        run = RetentionRun.objects.create(company=world.company, begun_at=now, before={})
        terms = tracks.Terms("旧系统", "Asia/Shanghai", 2)
        track = tracks.begin(terms=terms, actor=manager, now=now)
        view = SavedView.objects.create(
            company=world.company,
            staff=world.staff["hr_manager"],
            page="trail",
            name="mine",
            query={},
            made_at=now,
        )
        admin = world.actor("company_admin")
        guest = Guest(email=f"new@{world.company.slug}.example.com", role="recruiter")
        invitation = invite(actor=admin, guest=guest, now=now)
        key, _text = make_key(actor=admin, wish=Wish("示例", ["tasks.read"], 30), now=now)
        feed = renew(actor=world.actor(), department_id=None, now=now)
    drain()
    with world.scope():
        entry = Entry.objects.filter(company_id=world.company.id).earliest("id")
    rows = (task, entry, feed, reminder, batch, export, hold, run, track, view, invitation, key, upload, row)
    return Scene(world, scheduled, in_review, world.fresh(cancelled), *rows)


def _import(world: World, batch: Batch, now: Any) -> tuple[Upload, QuarantinedRow]:
    """Return a file that waits to be imported, and a row that a finished import turned away."""
    upload_id, run_id = new_id(), new_id()
    upload = Upload.objects.create(
        id=upload_id,
        company=world.company,
        file_name="list.csv",
        size=1,
        sha256="0" * 64,
        uploaded_at=now,
        uploaded_by=world.staff["hr_manager"],
        expires_at=now + timedelta(days=3),
        data_key=new_key(upload_id),
    )
    run = ImportRun.objects.create(
        id=run_id,
        company=world.company,
        at=now,
        file_name="list.csv",
        sha256="0" * 64,
        timezone="Asia/Shanghai",
        rows_in=1,
        loaded=0,
        rejected=1,
        unchanged=0,
        mapping=[{"column": "A", "heading": "姓名", "field": "name"}],
        batch=batch,
        data_key=new_key(run_id),
    )
    row = QuarantinedRow.objects.create(company=world.company, run_id=run.id, number=2, codes=["missing"])
    reseal(run, row, Raw(2, ["示例甲"], ["示例甲"], '[["姓名","示例甲"]]', b""), [])
    return upload, row


def state_of_database(superuser: Any) -> dict[str, tuple[int, int]]:
    """Return, a table, how many rows it holds and the sum of the transactions that wrote them."""
    tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    names = sorted(name for (name,) in tables if name not in _SESSIONS)
    query = " UNION ALL ".join(
        f"SELECT '{name}', count(*), coalesce(sum(xmin::text::bigint), 0)::bigint FROM \"{name}\""
        + (" WHERE action <> 'candidate.viewed'" if name == "audit_entry" else "")
        for name in names
    )
    return {name: (count, written) for name, count, written in superuser.execute(query).fetchall()}


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the tables that differ."""
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}
