"""Staff come by invitation, change roles, hand over and leave; programs come by key; a parent company looks."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client

from raincheck.accounts.models import ApiKey, Invitation, RoleGrant, Staff
from raincheck.audit.models import Entry
from raincheck.notifications import points
from raincheck.notifications.calendars.feeds import address_of, renew
from raincheck.notifications.models import ContactPoint, Message, RecipientKind
from raincheck.recruiting.models import Interviewer, Position
from raincheck.recruiting.queries import department_names
from raincheck.worklist.actions import Need, open_task
from raincheck.worklist.models import Kind, Task
from tests import people

PASSWORD = "a long enough password"


@pytest.fixture
def admin(here):
    return people.staff_client(here.staff["company_admin"])


def invited(here, admin, outbox, drain, **typed):
    """Invite somebody and return the path of the link in their mail."""
    guest = {"email": f"New@{here.company.slug}.example.com", "role": "recruiter", "language": "zh-hans"}
    answer = admin.post("/console/staff/invite/", guest | typed)
    assert answer.status_code == 302, people.text(answer)
    drain()
    letter = outbox.mail((guest | typed)["email"].lower())[-1]
    return re.search(r"https?://[^/\s]+(/join/\S+/)", letter["text"])[1]


def facts(here, action):
    with here.scope():
        return Entry.objects.filter(action=action).latest("at", "id").facts


def test_whoever_is_invited_joins_with_the_role_they_were_sent(here, admin, outbox, drain):
    link = invited(here, admin, outbox, drain, name="新同事")
    scanner, person = Client(), Client()
    for _ in range(2):
        page = scanner.get(link)
        assert (page.status_code, "招聘专员" in people.text(page)) == (200, True)
    assert here.count(Staff, email=f"new@{here.company.slug}.example.com") == 0
    weak = person.post(link, {"name": "新同事", "password": "short"})
    assert (weak.status_code, "新同事" in people.text(weak)) == (422, True)
    assert person.post(link, {"name": "新同事", "password": PASSWORD})["Location"] == "/staff/login/"
    email = f"new@{here.company.slug}.example.com"
    person.post("/staff/login/", {"login": email, "password": PASSWORD})
    assert person.get("/console/reviews/").status_code == 200
    assert person.get("/console/rules/edit/").status_code == 403
    assert person.get(link).status_code == 409
    assert person.post(link, {"name": "x", "password": PASSWORD}).status_code == 409
    trail = here.entries()
    assert [a for a in trail if a.startswith("staff.")] == [
        "staff.invited",
        "staff.added",
        "staff.joined",
        "staff.signed_in",
    ]
    assert email not in str(facts(here, "staff.invited"))


def test_an_invitation_ends_by_time_by_hand_and_by_the_next_one(here, admin, outbox, drain):
    first = invited(here, admin, outbox, drain)
    second = invited(here, admin, outbox, drain)
    assert (Client().get(first).status_code, Client().get(second).status_code) == (409, 200)
    with here.scope():
        row = Invitation.objects.get(withdrawn_at=None)
    assert admin.post(f"/console/staff/invitations/{row.id}/withdraw/").status_code == 302
    assert Client().post(second, {"name": "x", "password": PASSWORD}).status_code == 409
    third = invited(here, admin, outbox, drain)
    with here.scope() as now:
        Invitation.objects.filter(withdrawn_at=None).update(expires_at=now - timedelta(seconds=1))
    assert Client().get(third).status_code == 409
    assert here.count(Staff, email=f"new@{here.company.slug}.example.com") == 0


def test_an_invitation_is_worth_nothing_at_another_company_or_altered(here, there, admin, outbox, drain):
    link = invited(here, admin, outbox, drain)
    elsewhere = link.replace(here.company.slug, there.company.slug)
    for path in (elsewhere, link[:-5] + "AAAA/", f"/join/{here.company.slug}/x/"):
        assert Client().get(path).status_code == 409, path
        assert Client().post(path, {"name": "x", "password": PASSWORD}).status_code == 409, path


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": "no-address"}, "邮箱地址格式不正确"),
        ({"role": "integration"}, "请选择角色"),
        ({"role": "emperor"}, "请选择角色"),
        ({"role": "department_viewer"}, "选择部门"),
    ],
)
def test_what_nobody_can_be_invited_as_is_refused_beside_its_field(here, admin, typed, words):
    guest = {"email": "new@example.com", "role": "recruiter", "language": "zh-hans"} | typed
    answer = admin.post("/console/staff/invite/", guest)
    assert (answer.status_code, words in people.text(answer)) == (422, True)
    assert here.count(Invitation) == 0


def test_roles_are_given_and_taken_and_the_last_administrator_stays(here, admin):
    staff = here.staff["recruiter"]
    path = f"/console/staff/{staff.id}/roles/"
    assert admin.post(path, {"role": ["hr_manager", "auditor"]}).status_code == 302
    assert facts(here, "staff.roles_changed") == {"before": ["recruiter"], "after": ["auditor", "hr_manager"]}
    assert people.staff_client(staff).get("/console/rules/edit/").status_code == 200
    own = f"/console/staff/{here.staff['company_admin'].id}/roles/"
    refused = admin.post(own, {"role": ["recruiter"]})
    assert (refused.status_code, "last_admin" in people.text(refused)) == (409, True)
    assert here.count(RoleGrant, role="company_admin") == 1
    assert admin.post(path, {}).status_code == 422


def test_whoever_leaves_hands_over_all_that_is_open_and_every_door_of_theirs_is_shut(
    here, admin, superuser, outbox, drain
):
    leaver, heir = here.staff["recruiter"], here.staff["hr_manager"]
    theirs = people.staff_client(leaver)
    interview, shared, past = here.book(hours=50), here.book(hours=60), here.book(hours=70, state="submitted")
    with here.scope() as now:
        Interviewer.objects.filter(interview__in=[interview, past]).update(staff=leaver)
        Interviewer.objects.create(company=here.company, interview=shared, staff=leaver)
        Interviewer.objects.create(company=here.company, interview=shared, staff=heir)
        need = Need(Kind.VENDOR_PENDING, "interview", interview.id, owner_id=leaver.id, tell=False)
        task = open_task(need=need, actor=here.actor(), now=now)
        feed = renew(actor=here.actor("recruiter"), department_id=None, now=now)
    with here.scope():
        address = address_of(feed).url.partition("/calendar/")[2]
    key = people.Program(here, "tasks.read")
    here.put(key.key, made_by=leaver)
    assert (theirs.get("/console/").status_code, key.get("/api/v1/tasks/").status_code) == (200, 200)
    path = f"/console/staff/{leaver.id}/leave/"
    assert admin.post(path, {}).status_code == 422
    assert admin.post(path, {"to": leaver.id}).status_code == 422
    assert admin.post(path, {"to": heir.id}).status_code == 302
    with here.scope():
        assert Task.objects.get(id=task.id).owner_id == heir.id
        assert Position.objects.get().owner_id == heir.id
        panel = set(Interviewer.objects.values_list("interview_id", "staff_id"))
        assert {(interview.id, heir.id), (shared.id, heir.id), (past.id, leaver.id)} <= panel
        assert not {(interview.id, leaver.id), (shared.id, leaver.id)} & panel
    assert theirs.get("/console/").status_code == 302
    assert key.get("/api/v1/tasks/").status_code == 401
    assert Client().get(f"/calendar/{address}").status_code == 404
    said = facts(here, "staff.left")
    assert (said["to"], said["tasks"], said["positions"], said["interviews"]) == (str(heir.id), 1, 1, 2)
    assert (said["keys"], said["feeds"]) == (1, 1)
    assert admin.post(path, {"to": heir.id}).status_code == 404
    drain()
    [letter] = outbox.mail(heir.email)
    assert "1个" in letter["text"]
    assert "2场" in letter["text"]
    assert leaver.name in letter["text"]
    assert "工作已交接给您" in people.text(people.staff_client(heir).get("/console/messages/"))
    assert "已离职" in people.text(admin.get(f"/console/staff/{leaver.id}/"))


def test_whoever_comes_back_has_their_address_in_a_new_account_and_the_old_one_keeps_its_deeds(
    here, admin, outbox, drain
):
    leaver, heir = here.staff["recruiter"], here.staff["hr_manager"]
    email, guest = leaver.email, {"email": leaver.email, "role": "auditor", "language": "zh-hans"}
    taken = admin.post("/console/staff/invite/", guest)
    assert (taken.status_code, "该邮箱已被使用" in people.text(taken)) == (409, True)
    assert admin.post(f"/console/staff/{leaver.id}/leave/", {"to": heir.id}).status_code == 302
    link = invited(here, admin, outbox, drain, **guest)
    back = Client()
    assert back.post(link, {"name": "又回来了", "password": PASSWORD})["Location"] == "/staff/login/"
    back.post("/staff/login/", {"login": email, "password": PASSWORD})
    assert back.get("/console/audit/").status_code == 200
    assert back.get("/console/interviews/new/").status_code == 403
    with here.scope():
        again = Staff.objects.get(email=email)
    assert again.id != leaver.id
    gone = here.fresh(leaver)
    assert (gone.name, gone.is_active, gone.address) == (leaver.name, False, "")
    for page in ("/console/staff/", f"/console/staff/{leaver.id}/"):
        assert "left.invalid" not in people.text(admin.get(page))


def test_whoever_left_hears_nothing_any_more_that_waited_for_the_morning_or_for_a_carrier(
    here, admin, outbox, drain, interview
):
    leaver = here.staff["interviewer"]
    robot = {"kind": RecipientKind.STAFF, "recipient_id": leaver.id, "channel": "chat"}
    with here.scope() as now:
        points.add(company_id=here.company.id, address="wecombot://key", now=now, **robot)
    hour = datetime.now(UTC) + timedelta(hours=8)
    here.put(here.company, quiet_from=time(hour.hour), quiet_to=time((hour.hour + 8) % 24))
    here.ask(interview)
    drain()
    theirs = {"recipient_id": leaver.id, "template": "staff_cancelled"}
    assert here.count(Message, **theirs, state="waiting") == 1
    assert (
        admin.post(f"/console/staff/{leaver.id}/leave/", {"to": here.staff["hr_manager"].id}).status_code
        == 302
    )
    assert here.count(Message, **theirs, state="dropped", next_attempt_at=None) == 1
    assert here.count(ContactPoint, recipient_id=leaver.id, ended_at=None) == 0
    here.put(here.company, quiet_from=time(0), quiet_to=time(0))
    drain()
    assert outbox.mail(leaver.email) == []


def test_nobody_shuts_their_own_door_from_inside(here, admin):
    own = f"/console/staff/{here.staff['company_admin'].id}/leave/"
    answer = admin.post(own, {"to": here.staff["recruiter"].id})
    assert (answer.status_code, "own_leaving" in people.text(answer)) == (409, True)


def test_a_key_is_shown_once_and_kept_as_a_hash(here, admin, superuser):
    page = people.text(
        admin.post("/console/keys/make/", {"name": "招聘系统", "scope": ["tasks.read"], "days": "30"})
    )
    [text] = re.findall(r'value="(rck_[\w-]+)"', page)
    assert text not in people.text(admin.get("/console/keys/"))
    row = superuser.execute("SELECT k::text FROM accounts_apikey k").fetchone()[0]
    assert text not in row
    assert facts(here, "key.made") == {"scopes": ["tasks.read"], "days": 30}
    assert text[-4:] not in str(facts(here, "key.made"))


@pytest.mark.parametrize(
    "wish",
    [
        {"name": ""},
        {"scope": []},
        {"scope": ["everything"]},
        {"days": "0"},
        {"days": "999999"},
        {"days": "x"},
    ],
)
def test_a_key_without_a_name_a_scope_or_an_end_is_refused(here, admin, wish):
    answer = admin.post("/console/keys/make/", {"name": "x", "scope": ["tasks.read"], "days": "30"} | wish)
    assert answer.status_code == 422
    assert here.count(ApiKey) == 0


def test_a_key_lets_in_until_it_ends_or_is_revoked_and_says_when_it_was_used(here, there, admin):
    program = people.Program(here, "tasks.read")
    assert program.get("/api/v1/tasks/").status_code == 200
    assert here.fresh(program.key).last_used_at is not None
    assert program.get("/api/v1/interviews/").json()["error"]["code"] == "not_allowed"
    here.put(program.key, expires_at=program.key.made_at)
    assert program.get("/api/v1/tasks/").json()["error"]["code"] == "key_refused"
    second = people.Program(here, "tasks.read")
    assert admin.post(f"/console/keys/{second.key.id}/revoke/").status_code == 302
    assert second.get("/api/v1/tasks/").status_code == 401
    assert admin.post(f"/console/keys/{second.key.id}/revoke/").status_code == 409
    assert here.entries()[-1] == "key.revoked"


@pytest.mark.parametrize("change", ["flip", "cut", "nothing", "words", "company"])
def test_a_key_that_is_not_ours_to_the_last_bit_opens_nothing(here, there, change):
    program = people.Program(here, "tasks.read")
    foreign = people.Program(there, "tasks.read")
    text = {
        "flip": program.text[:-1] + ("A" if program.text[-1] != "A" else "B"),
        "cut": program.text[:-4],
        "nothing": "",
        "words": "rck_密钥",
        "company": foreign.text[:25] + program.text[25:],
    }[change]
    answer = Client().get(
        "/api/v1/tasks/", headers={"Authorization": f"Bearer {text}".encode().decode("latin-1")}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "key_refused")


def test_a_program_calls_an_interview_off_once_however_often_it_asks(here, drain):
    interview = here.book(hours=100)
    program = people.Program(here, "interviews.cancel")
    path = f"/api/v1/interviews/{interview.id}/cancel/"
    ask = {"reason": "position_filled", "idempotency_key": "order-1"}
    first, second = (program.post(path, ask) for _ in range(2))
    assert (first.status_code, second.json()["id"]) == (202, first.json()["id"])
    drain()
    assert here.fresh(interview).state == "cancelled"
    said = program.get(f"/api/v1/interviews/{interview.id}/").json()
    assert (said["state"], said["candidate"]) == ("cancelled", here.candidate.name)
    with here.scope():
        entry = Entry.objects.get(action="cancellation.requested")
        assert (entry.actor_kind, entry.actor_id) == ("integration", program.key.id)
    trail = people.text(people.staff_client(here.staff["hr_manager"]).get("/console/audit/trail/"))
    assert "示例系统" in trail


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{",
        "[" * 5000,
        '{"reason": 1}',
        '{"more": "x"}',
        '{"note": "a\\u0000b"}',
        '{"note": "half a character \\ud83d"}',
    ],
    ids=["list", "cut off", "too deep", "number", "unknown", "nul", "half a character"],
)
def test_a_body_that_is_not_understood_is_refused(here, body):
    interview = here.book(hours=100)
    program = people.Program(here, "interviews.cancel")
    answer = program.client.post(
        f"/api/v1/interviews/{interview.id}/cancel/", body, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_query")


def test_lists_come_page_by_page(here):
    ids = {str(here.book(hours=30 + n).id) for n in range(5)}
    program, path, seen = people.Program(here, "interviews.read"), "/api/v1/interviews/?limit=2", []
    while path:
        page = program.get(path).json()
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        path = page["next"]
    assert (set(seen), len(seen)) == (ids, 5)
    for query in ("limit=0", "limit=201", "limit=00010000", f"limit=1{'0' * 5000}", "limit=x", "after=x"):
        assert program.get(f"/api/v1/interviews/?{query}").status_code == 422


def test_a_parent_company_looks_where_it_is_let_and_the_visit_is_recorded(here, there, drain):
    interview = here.book(hours=100)
    here.put(here.company, parent_id=there.company.id)
    boss = people.staff_client(there.staff["auditor"])
    enter = f"/console/group/{here.company.id}/enter/"
    assert here.company.name not in people.text(boss.get("/console/group/"))
    assert boss.post(enter).status_code == 404
    admin = people.staff_client(here.staff["company_admin"])
    assert admin.post("/console/group/parent/", {"allowed": "yes"}).status_code == 302
    assert here.company.name in people.text(boss.get("/console/group/"))
    assert boss.get(f"/console/interviews/{interview.id}/").status_code == 404
    assert boss.post(enter).status_code == 302
    page = people.text(boss.get(f"/console/interviews/{interview.id}/"))
    assert "您正在以总部身份查看" in page
    assert here.phone() not in page
    assert boss.post(f"/console/interviews/{interview.id}/cancel/", {"reason": "other"}).status_code == 403
    assert boss.post("/console/audit/trail/export/", {"format": "csv"}).status_code == 403
    assert "保存当前筛选" not in people.text(boss.get("/console/audit/")), "no button that would be refused"
    with here.scope():
        entry = Entry.objects.get(action="company.parent_looked")
        assert (entry.actor_id, entry.facts) == (
            there.staff["auditor"].id,
            {"parent": str(there.company.id)},
        )
    assert there.entries() == []
    assert boss.post("/console/group/leave/").status_code == 302
    assert boss.get(f"/console/interviews/{interview.id}/").status_code == 404


def test_a_parent_that_is_let_no_longer_is_sent_home_at_the_next_request(here, there):
    here.put(here.company, parent_id=there.company.id, parent_may_read=True)
    boss = people.staff_client(there.staff["hr_manager"])
    boss.post(f"/console/group/{here.company.id}/enter/")
    assert "您正在以总部身份查看" in people.text(boss.get("/console/"))
    here.put(here.company, parent_may_read=False)
    refused = boss.get("/console/")
    assert (refused.status_code, "parent_may_not_look" in people.text(refused)) == (403, True)
    home = people.text(boss.get("/console/"))
    assert there.company.name in home
    assert "您正在以总部身份查看" not in home


def test_a_role_taken_away_at_home_ends_the_look_abroad(here, there):
    here.put(here.company, parent_id=there.company.id, parent_may_read=True)
    boss = people.staff_client(there.staff["auditor"])
    boss.post(f"/console/group/{here.company.id}/enter/")
    with there.scope():
        RoleGrant.objects.filter(staff=there.staff["auditor"]).update(role="interviewer")
    assert boss.get("/console/").status_code == 403


def test_a_company_that_is_not_a_subsidiary_is_never_looked_at(here, there):
    boss = people.staff_client(there.staff["company_admin"])
    assert boss.post(f"/console/group/{here.company.id}/enter/").status_code == 404
    here.put(here.company, parent_may_read=True)
    assert boss.post(f"/console/group/{here.company.id}/enter/").status_code == 404
    admin = people.staff_client(here.staff["company_admin"])
    assert admin.post("/console/group/parent/", {"allowed": "yes"}).status_code == 404


def test_a_role_for_one_department_reads_as_each_language_writes_it(here, admin):
    with here.scope():
        department = here.staff["department_viewer"].grants.get().department_id
        name = department_names(here.company.id)[department]
    assert f"用人部门（{name}）" in people.text(admin.get("/console/staff/"))
    english = people.text(admin.get("/console/staff/", headers={"accept-language": "en"}))
    assert f"Hiring department ({name})" in english


def test_what_was_chosen_stands_when_the_form_comes_back(here, admin):
    back = admin.post("/console/keys/make/", {"name": "", "scope": ["tasks.read"], "days": "366"})
    assert back.status_code == 422
    assert '<option value="366" selected>' in people.text(back)
    # Of which department is missing.
    chosen = {"role": ["department_viewer", "auditor"], "department": ""}
    back = admin.post(f"/console/staff/{here.staff['recruiter'].id}/roles/", chosen)
    assert back.status_code == 422
    ticked = set(re.findall(r'name="role" value="(\w+)" checked', people.text(back)))
    assert ticked == {"department_viewer", "auditor"}
