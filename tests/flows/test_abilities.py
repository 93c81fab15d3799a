"""The walking test: every address, every role, the table of who may do what; and GET, which changes nothing."""

import pytest
from django.test import Client

from raincheck.accounts.abilities import SCOPES, STAFF, Ability, Scope, reach
from raincheck.accounts.models import RoleGrant, Staff
from raincheck.core.actor import STAFF_ROLES, Actor, ActorKind
from raincheck.recruiting.models import Department, Position
from tests import people, walk
from tests.kept import played_once
from tests.walk import answers, changes, endpoints, scene, state_of_database

REFUSED = 403
NOT_FOUND = 404
WELCOME = {200, 204, 302, 303, 404, 409, 422}
#: What else an address may answer when nothing fitting was sent: no worker breathes, no signature.
PUBLIC = WELCOME | {401, 503}


#: The first company, in a state with something behind every id.
here, stage = played_once("stage", scene)


@pytest.fixture
def beyond(there, drain):
    """Return the second company likewise."""
    return scene(there, drain)


def test_every_address_says_for_whom_it_is_and_what_it_takes():
    silent = [endpoint.route for endpoint in endpoints() if not endpoint.ability]
    assert silent == []
    for endpoint in endpoints("candidate", "staff", "program"):
        assert {endpoint.ability, endpoint.asked("GET")} <= set(Ability), endpoint.route
    audiences = {endpoint.audience for endpoint in endpoints()}
    assert audiences == {"public", "candidate", "staff", "own", "program"}


def test_every_ability_of_the_table_is_somebodys():
    assert set(STAFF) <= set(Ability)
    assert all(STAFF[ability] for ability in STAFF)


def test_every_role_reaches_exactly_what_the_table_allows(here, stage, superuser):
    wrong = []
    for role in STAFF_ROLES:
        client, actor = people.staff_client(here.staff[role]), here.actor(role)
        reaches = {ability: reach(actor, ability) is not None for ability in Ability}
        # First whatever the role may at most look at: none of it may leave a trace.
        in_order = sorted(endpoints("staff"), key=lambda endpoint: reaches[Ability(endpoint.ability)])
        before, looked = state_of_database(superuser), False
        for endpoint in in_order:
            if reaches[Ability(endpoint.ability)] and not looked:
                looked = True
                assert changes(before, state_of_database(superuser)) == {}, role
            for method, answer in answers(client, endpoint.path(stage.ids)).items():
                allowed = reaches[Ability(endpoint.asked(method))]
                right = answer.status_code in WELCOME if allowed else answer.status_code == REFUSED
                if not right:
                    wrong.append((role, method, endpoint.route, answer.status_code))
        if not looked:
            assert changes(before, state_of_database(superuser)) == {}, role
    assert wrong == []


def test_a_program_reaches_exactly_what_its_scopes_allow(here, stage, superuser):
    wrong = []
    for scope in Scope:
        program = people.Program(here, scope)
        in_order = sorted(endpoints("program"), key=lambda e: Ability(e.ability) in SCOPES[scope])
        before, looked = state_of_database(superuser), False
        for endpoint in in_order:
            allowed = Ability(endpoint.ability) in SCOPES[scope]
            if allowed and not looked:
                looked = True
                assert changes(before, state_of_database(superuser)) == {}, scope
            for method, answer in answers(program, endpoint.path(stage.ids)).items():
                right = answer.status_code in WELCOME if allowed else answer.status_code == REFUSED
                if not right or not answer.headers["Content-Type"].startswith("application/json"):
                    wrong.append((scope, method, endpoint.route, answer.status_code))
        for endpoint in endpoints("staff", "candidate", "own"):
            for method, answer in answers(program, endpoint.path(stage.ids)).items():
                # A form of people's is refused for its missing token before anybody asks who sent it.
                if answer.status_code not in {302, REFUSED}:
                    wrong.append((scope, method, endpoint.route, answer.status_code))
    assert wrong == []


def test_programs_doors_are_shut_to_people(here, stage, hr, signed_in):
    for client in (Client(), hr, signed_in):
        for endpoint in endpoints("program"):
            for method, answer in answers(client, endpoint.path(stage.ids)).items():
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "key_refused"), (
                    method,
                    endpoint.route,
                )


def test_everybody_reaches_their_own_account_and_nobody_elses(here, stage, superuser):
    for role in STAFF_ROLES:
        client = people.staff_client(here.staff[role])
        for endpoint in endpoints("own"):
            for method, answer in answers(client, endpoint.path(stage.ids)).items():
                assert answer.status_code in WELCOME, (role, method, endpoint.route, answer.status_code)


def test_an_auditor_changes_nothing_whatever_they_send(here, stage, superuser):
    client = people.staff_client(here.staff["auditor"])
    before = state_of_database(superuser)
    for endpoint in endpoints("staff"):
        if Ability(endpoint.ability) is not Ability.EXPORT_AUDIT:
            answers(client, endpoint.path(stage.ids))
    assert changes(before, state_of_database(superuser)) == {}
    export = client.post("/console/audit/trail/export/", {"format": "csv"})
    assert export.status_code == 200
    assert here.entries()[-1] == "audit.exported"


def test_a_guest_of_the_parent_company_looks_at_what_an_auditor_may_and_does_nothing(
    here, there, stage, superuser
):
    there.put(there.company, parent=None)
    here.put(here.company, parent_id=there.company.id, parent_may_read=True)
    client = people.staff_client(there.staff["company_admin"])
    assert client.post(f"/console/group/{here.company.id}/enter/").status_code == 302
    guest = Actor(ActorKind.STAFF, there.staff["company_admin"].id, here.company.id, guest=True)
    wrong, before = [], state_of_database(superuser)
    for endpoint in endpoints("staff"):
        if endpoint.route.startswith("console/group/"):
            continue  # met at home: below, and in test_group
        for method, answer in answers(client, endpoint.path(stage.ids)).items():
            allowed = reach(guest, Ability(endpoint.asked(method))) is not None
            right = answer.status_code in WELCOME if allowed else answer.status_code == REFUSED
            if not right:
                wrong.append((method, endpoint.route, answer.status_code))
    assert wrong == []
    assert changes(before, state_of_database(superuser)) == {}


def test_a_refusal_names_its_code_and_what_to_do(viewer, stage):
    answer = viewer.get("/console/rules/", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == REFUSED
    assert "not_allowed" in people.text(answer)


def test_a_candidate_cannot_enter_the_console(signed_in, stage):
    for endpoint in endpoints("staff"):
        for method, answer in answers(signed_in, endpoint.path(stage.ids)).items():
            assert answer.status_code == 302, (method, endpoint.route)
            assert answer["Location"].startswith("/staff/login/"), (method, endpoint.route)


def test_staff_cannot_enter_the_portal_as_a_candidate(hr, stage):
    for endpoint in endpoints("candidate"):
        for method, answer in answers(hr, endpoint.path(stage.ids)).items():
            assert answer.status_code == 302, (method, endpoint.route)
            assert "/sign-in/" in answer["Location"], (method, endpoint.route)


def test_nobody_gets_further_than_the_door(stage, superuser):
    before = state_of_database(superuser)
    for endpoint in endpoints("staff", "candidate", "own"):
        for method, answer in answers(Client(), endpoint.path(stage.ids)).items():
            assert answer.status_code == 302, (method, endpoint.route)
            door = "/sign-in/" if endpoint.audience == "candidate" else "/staff/login/"
            assert door in answer["Location"], (method, endpoint.route)
    assert changes(before, state_of_database(superuser)) == {}


def test_a_program_is_told_to_sign_in_not_led_away(stage):
    answer = Client().get("/console/", HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "sign_in_needed")


def test_whatever_belongs_to_the_other_company_is_not_found(here, stage, beyond, superuser):
    wrong, program = [], people.Program(here, *Scope)
    clients = {role: (people.staff_client(here.staff[role]), here.actor(role)) for role in STAFF_ROLES}
    before = state_of_database(superuser)
    for endpoint in endpoints("staff"):
        if not endpoint.names:
            continue
        for role, (client, actor) in clients.items():
            for method, answer in answers(client, endpoint.path(beyond.ids)).items():
                reached = reach(actor, Ability(endpoint.asked(method))) is not None
                if answer.status_code != (NOT_FOUND if reached else REFUSED):
                    wrong.append((role, method, endpoint.route, answer.status_code))
    for endpoint in endpoints("program"):
        if endpoint.names:
            for method, answer in answers(program, endpoint.path(beyond.ids)).items():
                if answer.status_code != NOT_FOUND:
                    wrong.append(("program", method, endpoint.route, answer.status_code))
    assert wrong == []
    assert changes(before, state_of_database(superuser)) == {}


def test_another_companys_and_another_candidates_interviews_are_not_found(
    here, signed_in, stage, beyond, superuser
):
    other = here.add_candidate()
    theirs = here.book(hours=80, candidate=other)
    asked = here.ask(here.book(hours=4, candidate=other))
    foreign = {**beyond.ids, "slug": here.company.slug}
    neighbours = {**stage.ids, "interview_id": theirs.id, "cancellation_id": asked.id}
    before = state_of_database(superuser)
    for endpoint in endpoints("candidate"):
        if len(endpoint.names) == 1:
            continue
        for ids in (foreign, neighbours):
            for method, answer in answers(signed_in, endpoint.path(ids)).items():
                # Step three without a form leads back to step two, whoever's interview it is.
                led_back = method == "GET" and answer.status_code == 302
                assert led_back or answer.status_code == NOT_FOUND, (
                    method,
                    endpoint.route,
                    answer.status_code,
                )
    assert changes(before, state_of_database(superuser)) == {}


def test_a_candidates_session_is_worth_nothing_at_another_company(signed_in, here, beyond):
    signed_in.cookies[f"raincheck_c_{beyond.world.company.slug}"] = signed_in.cookies[
        f"raincheck_c_{here.company.slug}"
    ].value
    for endpoint in endpoints("candidate"):
        for answer in answers(signed_in, endpoint.path(beyond.ids)).values():
            assert answer.status_code == 302
            assert answer["Location"].startswith(f"/c/{beyond.world.company.slug}/sign-in/")


def test_an_interviewer_and_a_viewer_see_no_interview_that_is_not_theirs(here, viewer):
    with here.scope():
        elsewhere = Department.objects.create(company=here.company, name="别的部门")
        Position.objects.filter(id=here.position.id).update(department=elsewhere)
    unseen = here.book(hours=60)
    with here.scope():
        unseen.interviewers.all().delete()
    interviewer = people.staff_client(here.staff["interviewer"])
    for client in (viewer, interviewer):
        assert client.get(f"/console/interviews/{unseen.id}/").status_code == NOT_FOUND
        assert str(unseen.id) not in people.text(client.get("/console/"))


def test_a_role_taken_away_counts_at_the_next_request(here, hr):
    assert hr.get("/console/rules/edit/").status_code == 200
    with here.scope():
        RoleGrant.objects.filter(staff=here.staff["hr_manager"]).delete()
    assert hr.get("/console/rules/edit/").status_code == REFUSED


def test_whoever_left_the_company_is_signed_out_at_once(here, hr):
    with here.scope():
        Staff.objects.filter(id=here.staff["hr_manager"].id).update(is_active=False)
    assert hr.get("/console/")["Location"].startswith("/staff/login/")


@pytest.mark.parametrize("audience", ["public", "candidate", "staff", "own", "program"])
def test_looking_never_changes_anything(here, stage, superuser, audience):
    clients = {
        "public": Client(),
        "candidate": people.candidate_client(here.company, here.candidate),
        "staff": people.staff_client(here.staff["company_admin"]),
        "own": people.staff_client(here.staff["recruiter"]),
        "program": people.Program(here, *Scope),
    }
    interviews = [stage.scheduled.id, stage.cancelled.id, stage.in_review.interview_id]
    before = state_of_database(superuser)
    for endpoint in endpoints(audience):
        # An address that names no interview is one, whichever of them is meant.
        for path in dict.fromkeys(endpoint.path({**stage.ids, "interview_id": one}) for one in interviews):
            answer = clients[audience].get(path)
            assert answer.status_code in PUBLIC | {REFUSED, 405}, (path, answer.status_code)
            if audience != "program":
                assert clients[audience].head(path).status_code in PUBLIC | {REFUSED, 405}, path
    assert changes(before, state_of_database(superuser)) == {}


def test_looking_at_the_staff_door_changes_nothing_either(stage, superuser, hr):
    before = state_of_database(superuser)
    for client in (Client(), hr):
        for path in ("/staff/login/", "/staff/logout/", "/staff/forgotten/", "/staff/mfa/"):
            assert client.get(path).status_code in WELCOME
    assert changes(before, state_of_database(superuser)) == {}
    assert hr.get("/console/").status_code == 200


def test_the_walk_meets_every_room():
    routes = {endpoint.route for endpoint in walk.endpoints()}
    for room in ("c/<slug:slug>/", "console/", "hooks/", "healthz/", "staff/login/"):
        assert any(route.startswith(room) for route in routes), room
