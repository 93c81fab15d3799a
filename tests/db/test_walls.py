"""The second wall between companies: PostgreSQL itself, looked at and leaned on with the first wall gone."""

from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction
from django.db.migrations.state import ProjectState

from raincheck.accounts.models import CandidateIdentity, Company, RoleGrant, Staff
from raincheck.accounts.tenancy import CompanyRow
from raincheck.accounts.trail import note_own
from raincheck.audit.catalogue import Action
from raincheck.audit.deeds import Deed, Subject
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation, Reason
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.ids import new_id
from raincheck.core.prepared import insert
from raincheck.core.scope import Purpose, ScopeViolation, company_scope, system_scope
from raincheck.core.walls import Restrict
from raincheck.notifications.calendars.feeds import renew
from raincheck.notifications.models import CalendarFeed, Delivery, Message
from raincheck.recruiting.models import Application, Department, Interview, Interviewer, Position
from raincheck.reminders import tasks
from raincheck.reminders.habits import set_habit
from raincheck.reminders.models import Habit, Reminder
from raincheck.vendors.models import Reconciliation, VendorAccount, VendorCall
from raincheck.vendors.reconciliation.actions import begin
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind, Task

#: Tables no wall can stand around, each with its reason. Whatever isn't here must be walled.
OPEN_TO_ALL = {
    "migration_backuprun": "backups of every company at once; names of files and instants only",
    "core_allowance": "keyed hashes and instants; counted before anyone is known",
    "django_migrations": "names of migrations",
    "django_content_type": "names of models",
    "django_session": "read before anyone is known, by a random key alone",
    "core_sealedkey": "keys of the installation, each sealed under the master key",
    "audit_expiry": "signed statements of the installation",
    "audit_leaf": "hashes and ids of entries; a proof needs its neighbours, whosever they are",
    "audit_node": "hashes",
    "audit_seal": "signed checkpoints of the installation",
    "audit_stamp": "time-stamps of those",
    "accounts_signintry": "tries at signing in, before anyone is known; keyed hashes only",
    "socialaccount_socialapp": "unused: who else may vouch for staff stands in the settings",
    "auth_group": "unused: roles are rows of accounts_rolegrant",
    "auth_group_permissions": "unused",
    "auth_permission": "names of models",
    "procrastinate_events": "the queue of every company; ids only",
    "procrastinate_jobs": "the queue of every company; ids only",
    "procrastinate_periodic_defers": "the clocks of the queue",
    "procrastinate_workers": "processes",
}
#: Walled by what they refer to, for they have no column of their own.
WALLED_BY_REFERENCE = {
    "account_emailaddress",
    "account_emailconfirmation",
    "mfa_authenticator",
    "socialaccount_socialaccount",
    "socialaccount_socialtoken",
    "usersessions_usersession",
}
#: What each purpose is meant to look at, and nothing else.
MEANT_FOR = {
    Purpose.SIGN_IN: {Company, Staff},
    Purpose.COMPANY_FROM_ADDRESS: {Company},
    Purpose.INBOUND_WEBHOOK: {VendorAccount, Message},
    Purpose.SEAL: {Entry},
    Purpose.SWEEP: {
        Cancellation,
        Company,
        Habit,
        Interview,
        Message,
        Reconciliation,
        Reminder,
        VendorAccount,
    },
    Purpose.CALENDAR_FEED: {CalendarFeed},
    Purpose.OPERATIONS: {
        Company,
        Entry,
        Task,
        Interview,
        Cancellation,
        VendorAccount,
        VendorCall,
        Message,
        Delivery,
    },
}


def walled_models():
    """Return every model of ours that belongs to a company; those without a table read another's."""
    models = [model for model in apps.get_models() if model._meta.managed]
    ours = [model for model in models if model.__module__.startswith("raincheck.")]
    ours = [model for model in ours if model._meta.db_table not in OPEN_TO_ALL]
    assert len(ours) > 20
    return ours


def rows(sql, *arguments):
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()


@pytest.fixture
def both(here, there, drain):
    """Fill both companies with a row of as many kinds as a cancelled interview leaves."""
    for world in (here, there):
        world.ask(world.book(hours=120))
        world.ask(world.book(hours=3))
        with world.scope() as now:
            need = Need(Kind.VENDOR_PENDING, "company", world.company.id, tell=False)
            system = Actor.system(world.company.id)
            open_task(need=need, actor=system, now=now)
            begin(actor=system, account_id=world.account.id, trigger="schedule", now=now)
            renew(actor=world.actor("interviewer"), department_id=None, now=now)
            set_habit(active=True, leads=[60], interviewer_leads=[], actor=world.actor(), now=now)
        world.book(hours=1)
        tasks.sweep(timestamp=0)
    drain()
    return here, there


def test_every_table_is_walled_or_named_as_an_exception(superuser, migrated):
    tables = superuser.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity,"
        " array(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid),"
        " EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'company_id')"
        " FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    ).fetchall()
    bare = {name for name, enabled, forced, policies, _ in tables if not (enabled and forced and policies)}
    assert bare == set(OPEN_TO_ALL)
    unowned = {name for name, *_, has_company in tables if not has_company} - set(OPEN_TO_ALL)
    assert unowned == {"accounts_company"} | WALLED_BY_REFERENCE


def test_every_policy_holds_to_one_company_and_opens_for_looking_at_most(superuser, migrated):
    policies = superuser.execute(
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public'"
    ).fetchall()
    for table, name, command, qual, check in policies:
        if table in WALLED_BY_REFERENCE:
            continue
        if name == "company_wall":
            assert (command, check) == ("ALL", qual)
            assert "NULLIF(current_setting('raincheck.company'" in qual
            assert "raincheck.system" not in qual
        elif name == "own_sign_in":
            assert (table, command, qual) == ("audit_entry", "INSERT", None)
            assert "raincheck.system" in check
        else:
            assert "raincheck.system" in qual
            assert command == "SELECT" or (command, table) == ("UPDATE", "accounts_staff"), (table, name)


def test_the_run_time_role_is_bound_by_the_walls_and_owns_nothing(superuser, migrated):
    [(role,)] = rows("SELECT current_user")
    attributes = superuser.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
        " WHERE rolname = %s",
        [role],
    ).fetchone()
    assert attributes == (False,) * 5
    owned = superuser.execute(
        "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = %s AND relpersistence = 'p'", [role]
    ).fetchone()
    assert owned == (0,)
    member_of = superuser.execute(
        "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", [role]
    ).fetchone()
    assert member_of == (0,)


def test_outside_a_scope_there_are_no_rows_and_none_can_be_made(both):
    here, _ = both
    for model in walled_models():
        assert not model._base_manager.exists(), model
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Department.objects.create(company=here.company, name="无墙部")


def test_with_the_first_wall_gone_nothing_of_the_other_company_is_seen(both):
    here, there = both
    full = set()
    for model in walled_models():
        column = "id" if model is Company else "company_id"
        with here.scope():
            seen = set(model._base_manager.values_list(column, flat=True))
        with there.scope():
            theirs = set(model._base_manager.values_list(column, flat=True))
        assert seen <= {here.company.id}, model
        assert theirs <= {there.company.id}, model
        full |= {model} if seen and theirs else set()
    assert {Company, Staff, CandidateIdentity, Interview, Cancellation, Entry, Message} <= full


def test_raw_sql_sees_nothing_of_the_other_company_either(both):
    here, there = both
    with here.scope():
        assert rows("SELECT DISTINCT company_id FROM recruiting_interview") == [(here.company.id,)]
        assert rows("SELECT id FROM recruiting_interview WHERE company_id = %s", there.company.id) == []
        assert rows("SELECT name FROM accounts_company WHERE id = %s", there.company.id) == []


def test_with_the_first_wall_gone_nothing_of_the_other_company_is_changed_or_deleted(both):
    here, there = both
    interview = there.book(hours=48)
    with here.scope():
        assert Interview.objects.filter(id=interview.id).update(state="cancelled") == 0
        with connection.cursor() as cursor:
            cursor.execute("UPDATE recruiting_position SET state = 'frozen'")
            assert cursor.rowcount == 1
            cursor.execute("DELETE FROM notifications_delivery WHERE company_id = %s", [there.company.id])
            assert cursor.rowcount == 0
    assert there.fresh(interview).state == "scheduled"
    assert there.fresh(there.position).state == "open"


def test_a_row_can_be_neither_made_for_the_other_company_nor_moved_there(here, there):
    with pytest.raises(DatabaseError, match="row-level security"), here.scope():
        Department.objects.create(company=there.company, name="隔墙部")
    with pytest.raises(DatabaseError, match="row-level security"), here.scope():
        Department.objects.filter(id=here.department.id).update(company=there.company)


def test_no_row_can_point_into_the_other_company(here, there):
    crossing = [
        lambda: Position.objects.create(
            company=here.company, department=there.department, title="跨墙岗位", owner=here.staff["recruiter"]
        ),
        lambda: Position.objects.filter(id=here.position.id).update(owner=there.staff["recruiter"]),
        lambda: Application.objects.filter(position=here.position).update(candidate=there.candidate),
        lambda: RoleGrant.objects.create(
            company=here.company, staff=here.staff["recruiter"], role="department_viewer",
            department_id=there.department.id,
        ),
    ]  # fmt: skip
    for cross in crossing:
        with pytest.raises(IntegrityError, match="_wall"), here.scope():
            cross()


def test_an_interview_cannot_borrow_the_other_companys_people(here, there):
    interview = here.book(hours=48, with_vendor=False)
    with there.scope():
        foreign = Application.objects.get(candidate=there.candidate)
    with pytest.raises(IntegrityError, match="_wall"), here.scope():
        Interviewer.objects.create(
            company=here.company, interview=interview, staff=there.staff["interviewer"]
        )
    with pytest.raises(IntegrityError, match="_wall"), here.scope():
        Interview.objects.filter(id=interview.id).update(application=foreign)
    with pytest.raises(IntegrityError, match="_wall"), here.scope():
        Interview.objects.filter(id=interview.id).update(vendor_account_id=there.account.id)


def test_every_reference_between_walled_tables_is_held_by_a_composite_key(superuser, migrated):
    keys = superuser.execute(
        "SELECT conrelid::regclass::text, array(SELECT attname::text FROM pg_attribute"
        " WHERE attrelid = conrelid AND attnum = ANY(conkey)) FROM pg_constraint WHERE contype = 'f'"
    ).fetchall()
    held = {(table, column) for table, columns in keys if "company_id" in columns for column in columns}
    for model in walled_models():
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is not Company:
                assert (model._meta.db_table, field.column) in held, f"{model.__name__}.{field.name}"


def test_the_company_of_every_row_is_held_by_a_key_or_by_what_the_row_is_always_within(superuser, migrated):
    keys = superuser.execute(
        "SELECT k.conrelid::regclass::text, k.confrelid::regclass::text, cardinality(k.conkey), bool_and(a.attnotnull)"
        " FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
        " WHERE k.contype = 'f' AND k.convalidated GROUP BY k.oid HAVING bool_or(a.attname = 'company_id')"
    ).fetchall()
    always = [(table, target, width) for table, target, width, never_empty in keys if never_empty]
    held = {table for table, target, width in always if target == "accounts_company" and width == 1}
    while more := {table for table, target, width in always if width > 1 and target in held} - held:
        held |= more
    rows_of_companies = {model._meta.db_table for model in walled_models() if issubclass(model, CompanyRow)}
    assert len(rows_of_companies) > 40
    assert rows_of_companies <= held


def test_a_key_from_before_says_restrict_once_it_is_brought_up_to_date(superuser, migrated):
    name = '"archive_historyrecord_department_id_wall"'
    [(definition,)] = superuser.execute(
        f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = {name.replace(chr(34), chr(39))}"
    ).fetchall()
    assert definition.endswith("ON DELETE RESTRICT")
    lenient = definition.removesuffix(" ON DELETE RESTRICT")
    superuser.execute(
        f"ALTER TABLE archive_historyrecord DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {lenient}"
    )
    with connections["owner"].schema_editor(atomic=False) as editor:
        Restrict().database_forwards("migration", editor, ProjectState(), ProjectState())
    kinds = superuser.execute(
        "SELECT DISTINCT confdeltype::text, convalidated FROM pg_constraint WHERE conname LIKE '%\\_wall'"
    ).fetchall()
    assert kinds == [("r", True)]


def test_the_settings_vanish_with_the_transaction_and_a_pooled_connection_shows_nothing(here):
    with here.scope():
        [(backend, company)] = rows("SELECT pg_backend_pid(), current_setting('raincheck.company', true)")
        assert company == str(here.company.id)
    [(again, left, purpose)] = rows(
        "SELECT pg_backend_pid(), current_setting('raincheck.company', true),"
        " current_setting('raincheck.system', true)"
    )
    assert (again, left, purpose) == (backend, "", "")
    assert not Company.objects.exists()
    with system_scope(Purpose.SIGN_IN):
        assert Company.objects.count() == 1
    assert not Company.objects.exists()


def test_a_rolled_back_scope_leaves_nothing_open(here):
    with pytest.raises(RuntimeError, match="stop"), here.scope():
        raise RuntimeError("stop")
    assert not Company.objects.exists()
    with here.scope():
        assert Company.objects.count() == 1


@pytest.mark.parametrize("purpose", Purpose)
def test_a_system_scope_looks_at_the_tables_of_its_purpose_and_no_other(both, purpose):
    here, there = both
    for model in walled_models():
        with system_scope(purpose):
            seen = set(model._base_manager.values_list("id" if model is Company else "company_id", flat=True))
        assert seen == ({here.company.id, there.company.id} if model in MEANT_FOR[purpose] else set()), model


@pytest.mark.parametrize("purpose", Purpose)
def test_a_system_scope_writes_nothing_but_the_signing_in_of_staff(both, purpose):
    here, _ = both
    with system_scope(purpose), connection.cursor() as cursor:
        for model in walled_models():
            if model is Entry:
                continue  # nobody may at all, see test_audit_append_only
            table = model._meta.db_table
            cursor.execute(f'UPDATE "{table}" SET id = id')
            signing_in = purpose is Purpose.SIGN_IN and model is Staff
            assert (cursor.rowcount > 0) is signing_in, table
            cursor.execute(f'DELETE FROM "{table}"')
            assert cursor.rowcount == 0, table
    with pytest.raises(DatabaseError, match="row-level security"), system_scope(purpose):
        Reason.objects.create(
            company=here.company, code="free", label_zh="自由", label_en="Free", category="personal"
        )


def test_staff_addresses_kept_by_the_sign_in_library_are_walled_too(here, there):
    from allauth.account.models import EmailAddress

    for world in (here, there):
        with world.scope():
            EmailAddress.objects.create(user=world.staff["recruiter"], email=world.staff["recruiter"].email)
    with here.scope():
        assert set(EmailAddress.objects.values_list("email", flat=True)) == {here.staff["recruiter"].email}
    assert not EmailAddress.objects.exists()
    with system_scope(Purpose.SIGN_IN):
        assert EmailAddress.objects.count() == 2


def test_the_sign_in_scope_adds_to_the_trail_what_somebody_did_to_themselves_and_nothing_else(here, there):
    mine, theirs = here.staff["recruiter"], there.staff["recruiter"]
    note_own(mine, Action.STAFF_SIGNED_IN, ways=["password"])
    assert here.entries() == ["staff.signed_in"]
    actor = Actor(ActorKind.STAFF, mine.id, here.company.id)
    deed = Deed(Action.STAFF_SIGNED_IN, Subject("staff", mine.id))
    somebody, colleague = Subject("staff", theirs.id), Subject("staff", here.staff["hr_manager"].id)
    forged = [
        (replace(actor, company_id=there.company.id), deed),
        (actor, replace(deed, action=Action.ERASED)),
        (replace(actor, kind=ActorKind.SYSTEM), deed),
        (replace(actor, id=theirs.id), replace(deed, subject=somebody)),
        (actor, replace(deed, subject=colleague)),
        (actor, replace(deed, subject=Subject("company", mine.id))),
    ]
    for who, what in forged:
        with pytest.raises(DatabaseError, match="row-level security"), system_scope(Purpose.SIGN_IN) as now:
            insert(Entry.of(actor=who, deed=what, at=now))
    for purpose in set(Purpose) - {Purpose.SIGN_IN}:
        with pytest.raises(DatabaseError, match="row-level security"), system_scope(purpose) as now:
            insert(Entry.of(actor=actor, deed=deed, at=now))
    assert here.entries() == ["staff.signed_in"]


def test_second_factors_sessions_and_outside_accounts_are_walled_by_their_person(here, there):
    for world in (here, there):
        staff = world.staff["recruiter"]
        with world.scope():
            Authenticator.objects.create(user=staff, type="totp", data={"secret": "x"})
            UserSession.objects.create(user=staff, ip="127.0.0.1", session_key=str(staff.id), user_agent="x")
            SocialAccount.objects.create(user=staff, provider="oidc", uid=str(staff.id))
    for model in (Authenticator, UserSession, SocialAccount):
        assert not model.objects.exists()
        with here.scope():
            assert set(model.objects.values_list("user_id", flat=True)) == {here.staff["recruiter"].id}
        with pytest.raises(DatabaseError, match="row-level security"), here.scope():
            model.objects.all().update(user_id=there.staff["recruiter"].id)


def test_one_company_cannot_be_opened_within_another(here, there):
    with here.scope(), pytest.raises(ScopeViolation), there.scope():
        pass
    with here.scope(), pytest.raises(ScopeViolation), system_scope(Purpose.SWEEP):
        pass
    with system_scope(Purpose.SWEEP), pytest.raises(ScopeViolation), here.scope():
        pass


def test_the_same_company_may_be_joined_and_shares_the_time(here):
    with here.scope() as outer, here.scope() as inner:
        assert inner == outer
    with company_scope(new_id()):
        assert not Company.objects.exists()
