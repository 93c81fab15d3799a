"""From an empty database to somebody at their desk, by the commands an operator types."""

import os
import pty
import subprocess

import pytest
from django.test import Client

from raincheck.accounts.models import Company, RoleGrant, Staff
from raincheck.accounts.queries import company_named
from raincheck.accounts.resetting import WeakPassword
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor, Role
from raincheck.core.errors import NotFound
from raincheck.core.ids import new_id
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.founding import (
    BadAddress,
    BadEmail,
    Charter,
    DepartmentNeeded,
    Hire,
    NameMissing,
    UnknownZone,
    found_company,
    hire,
)
from raincheck.recruiting.models import Department
from raincheck.vendors.inbound import find_account
from raincheck.vendors.models import VendorAccount
from raincheck.vendors.opening import BadUrl, KeyNeeded, Terms, UnknownAdapter, open_account
from tests.commands import argv, bare_environment
from tests.world import number

PASSWORD = "correct horse battery"


@pytest.fixture
def slug(run):
    """Return the address of a company just founded."""
    chosen = f"beichen-{number()}"
    done = run("company", "add", "北辰教育（示例）", "--slug", chosen, "--contact-phone", "010-0000-0000")
    assert (done.returncode, done.stderr) == (0, "")
    return chosen


def staff_of(slug):
    company = company_named(slug)
    with company_scope(company.id):
        return {
            staff.email: {grant.role for grant in staff.grants.all()}
            for staff in Staff.objects.prefetch_related("grants")
        }


def add_staff(run, slug, *more, email="hr@beichen.example.com", role="hr_manager", password=PASSWORD):
    arguments = ("--company", slug, "--email", email, "--name", "示例经理", "--role", role, *more)
    return run("staff", "add", *arguments, RAINCHECK_STAFF_PASSWORD=password)


class TestACompany:
    def test_it_is_founded_with_its_reasons_and_a_line_in_the_trail(self, run, slug):
        company = company_named(slug)
        assert (company.name, company.timezone) == ("北辰教育（示例）", "Asia/Shanghai")
        with company_scope(company.id):
            assert Reason.objects.count() > 3
            assert list(Entry.objects.values_list("action", flat=True)) == ["company.founded"]
        assert f"{slug}\t北辰教育（示例）\tAsia/Shanghai" in run("company", "list").stdout
        assert company_named("北辰教育（示例）").id == company.id
        assert Client().get(f"/c/{slug}/sign-in/").status_code == 200

    def test_a_latin_name_gives_the_address(self, run):
        done = run("company", "add", f"Acme Robotics {number()}", "--tz", "Europe/Berlin")
        assert done.returncode == 0
        with system_scope(Purpose.OPERATIONS):
            [(slug, zone)] = Company.objects.values_list("slug", "timezone")
        assert slug.startswith("acme-robotics-")
        assert zone == "Europe/Berlin"
        assert "no contact given" in done.stdout

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"slug": ""}, BadAddress),
            ({"slug": "a b"}, BadAddress),
            ({"slug": "Upper"}, BadAddress),
            ({"slug": "a" * 41}, BadAddress),
            ({"name": "  "}, NameMissing),
            ({"name": "字" * 121}, NameMissing),
            ({"timezone": "Mars/Olympus"}, UnknownZone),
            ({"timezone": "../../etc/passwd"}, UnknownZone),
            ({"contact_email": "nobody"}, BadEmail),
        ],
    )
    def test_what_is_wrong_in_a_charter_is_named_and_nothing_is_stored(self, db, changed, error):
        company_id = new_id()
        charter = Charter(**{"slug": "right", "name": "北辰", **changed})
        with pytest.raises(error), company_scope(company_id) as now:
            found_company(company_id=company_id, charter=charter, now=now)
        with system_scope(Purpose.OPERATIONS):
            assert not Company.objects.exists()

    def test_a_refusal_is_said_in_both_languages(self, run):
        done = run("company", "add", "北辰", "--slug", "beichen", "--tz", "Mars/Olympus")
        assert done.returncode == 1
        assert "没有这个时区 (Mars/Olympus). 请用 IANA 名称" in done.stderr
        assert "There is no such time zone (Mars/Olympus). Use an IANA name" in done.stderr
        assert "（无 / none）" in run("company", "list").stdout

    def test_an_address_is_one_companys_alone(self, run, slug):
        done = run("company", "add", "另一家", "--slug", slug)
        assert (done.returncode, "Another company has this address" in done.stderr) == (1, True)
        assert run("company", "list").stdout.count(slug) == 1

    def test_a_parent_is_the_operators_to_name_and_may_not_look_before_it_is_let(self, run, slug):
        assert run("company", "add", "北辰集团", "--slug", "beichen-group").returncode == 0
        assert run("company", "parent", "--company", slug, "--parent", "beichen-group").returncode == 0
        company = company_named(slug)
        assert (company.parent_id, company.parent_may_read) == (company_named("beichen-group").id, False)
        own = run("company", "parent", "--company", slug, "--parent", slug)
        assert (own.returncode, "own parent" in own.stderr) == (1, True)
        assert run("company", "parent", "--company", slug).returncode == 0
        assert company_named(slug).parent_id is None
        with company_scope(company.id):
            assert Entry.objects.filter(action="company.parent_granted").count() == 2


class TestStaff:
    def test_somebody_added_can_sign_in_at_the_console(self, run, slug):
        done = add_staff(run, slug, email="HR@Beichen.example.com ")
        assert (done.returncode, done.stderr) == (0, "")
        assert staff_of(slug) == {"hr@beichen.example.com": {"hr_manager"}}
        browser = Client()
        browser.post("/staff/login/", {"login": "hr@beichen.example.com", "password": PASSWORD})
        assert browser.get("/console/").status_code == 200
        listed = run("staff", "list", "--company", slug).stdout
        assert "hr@beichen.example.com\t示例经理\thr_manager" in listed

    def test_the_password_is_nowhere_but_its_hash(self, run, slug, superuser):
        done = add_staff(run, slug)
        assert PASSWORD not in done.stdout + done.stderr
        company = company_named(slug)
        with company_scope(company.id):
            assert Staff.objects.get().password.startswith("argon2")
            entry = Entry.objects.get(action="staff.added")
            assert entry.facts == {"roles": ["hr_manager"]}

    def test_it_may_be_piped_in(self, run, slug):
        arguments = ("--company", slug, "--email", "a@example.com", "--name", "甲", "--role", "recruiter")
        done = run("staff", "add", *arguments, "--password-stdin", given=f"{PASSWORD}\n".encode())
        assert (done.returncode, done.stderr) == (0, "")
        with company_scope(company_named(slug).id):
            assert Staff.objects.get().check_password(PASSWORD)

    @pytest.mark.parametrize(("second", "status"), [(PASSWORD, 0), ("something else", 2)])
    def test_or_typed_twice_at_a_terminal(self, run, slug, second, status):
        arguments = ("--company", slug, "--email", "a@example.com", "--name", "甲", "--role", "recruiter")
        ours, theirs = pty.openpty()
        running = subprocess.Popen(
            argv("staff", "add", *arguments),
            cwd="/",
            env=bare_environment(**run.settings),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        said = answer_prompts(ours, [PASSWORD, second])
        assert running.wait(60) == status, said
        assert PASSWORD not in said
        assert len(staff_of(slug)) == (0 if status else 1)

    def test_without_a_terminal_or_a_password_it_says_what_is_missing(self, run, slug):
        arguments = ("--company", slug, "--email", "a@example.com", "--name", "甲", "--role", "recruiter")
        done = run("staff", "add", *arguments)
        assert (done.returncode, "RAINCHECK_STAFF_PASSWORD" in done.stderr) == (2, True)
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        "weak", ["short", "password1234", "83749201837462", "hr@beichen.example", ""], ids=len
    )
    def test_a_weak_password_is_refused(self, company, weak):
        person = Hire("hr@beichen.example.com", "示例经理", [Role.HR_MANAGER], weak)
        with pytest.raises(WeakPassword), company_scope(company.id) as now:
            hire(company=company, person=person, now=now)
        assert person.email not in staff_of(company.slug)

    @pytest.mark.parametrize(
        ("role", "department"), [(Role.DEPARTMENT_VIEWER, ""), (Role.HR_MANAGER, "研发部")]
    )
    def test_a_department_is_a_viewers_and_nobody_elses(self, company, role, department):
        person = Hire("a@example.com", "甲", [role], PASSWORD, department)
        with pytest.raises(DepartmentNeeded), company_scope(company.id) as now:
            hire(company=company, person=person, now=now)

    def test_a_department_viewer_has_a_department_which_is_made_once(self, run, slug):
        viewer = {"role": "department_viewer"}
        for email in ("a@example.com", "b@example.com"):
            done = add_staff(
                run, slug, "--department", "研发部", "--role", "interviewer", email=email, **viewer
            )
            assert done.returncode == 0, done.stderr
        with company_scope(company_named(slug).id):
            [department] = Department.objects.all()
            grants = RoleGrant.objects.filter(role="department_viewer")
            assert set(grants.values_list("department_id", flat=True)) == {department.id}
        assert staff_of(slug)["a@example.com"] == {"department_viewer", "interviewer"}

    def test_an_address_signs_in_at_one_company_only(self, run, slug):
        other = f"other-{number()}"
        run("company", "add", "另一家", "--slug", other)
        assert add_staff(run, slug).returncode == 0
        done = add_staff(run, other)
        assert (done.returncode, "该邮箱已被使用" in done.stderr) == (1, True)
        assert staff_of(other) == {}

    def test_an_unknown_role_or_company_is_said(self, run, slug):
        assert add_staff(run, slug, role="king").returncode == 2
        done = add_staff(run, "no-such-company")
        assert (done.returncode, "no-such-company" in done.stderr) == (1, True)


def answer_prompts(terminal, answers):
    """Type each answer when a question has been asked; return what was shown."""
    said = b""
    left = list(answers)
    while True:
        try:
            more = os.read(terminal, 1024)
        except OSError:
            break
        if not more:
            break
        said += more
        if left and more.rstrip().endswith(b":"):
            os.write(terminal, left.pop(0).encode() + b"\n")
    return said.decode()


class TestAVendor:
    def add(self, run, slug, *more, key="k-123", **settings):
        arguments = ("--company", slug, "--adapter", "simulated", *more)
        return run("vendor", "add", *arguments, RAINCHECK_VENDOR_KEY=key, **settings)

    def test_an_account_is_opened_with_its_secrets_sealed(self, run, slug):
        done = self.add(run, slug, "--url", "https://vendor.example.com", "--name", "云面")
        assert (done.returncode, done.stderr) == (0, "")
        assert "k-123" not in done.stdout
        company = company_named(slug)
        with company_scope(company.id):
            account = VendorAccount.objects.get()
            secret = account.secret("webhook_secret")
            assert account.secret("api_key") == "k-123"
            assert Entry.objects.get(action="vendor.added").facts == {"adapter": "simulated"}
        assert f"/hooks/simulated/{account.id}/" in done.stdout
        assert secret in done.stdout
        assert secret not in run("vendor", "list", "--company", slug).stdout
        assert find_account(adapter="simulated", account_id=account.id).company_id == company.id

    def test_a_webhook_secret_agreed_before_is_taken_and_not_shown(self, run, slug):
        agreed = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        done = self.add(run, slug, "--url", "http://10.0.0.5:9000", RAINCHECK_VENDOR_WEBHOOK_SECRET=agreed)
        assert (done.returncode, agreed in done.stdout) == (0, False)
        with company_scope(company_named(slug).id):
            assert VendorAccount.objects.get().secret("webhook_secret") == agreed

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"url": "ftp://vendor.example.com"}, BadUrl),
            ({"url": "vendor"}, BadUrl),
            ({"url": "https://user:secret@vendor.example.com"}, BadUrl),
            ({"adapter": "hal"}, UnknownAdapter),
            ({"key": ""}, KeyNeeded),
        ],
    )
    def test_what_is_wrong_in_its_terms_is_named_and_nothing_is_stored(self, company, changed, error):
        right = {"adapter": "simulated", "name": "新账号", "url": "https://v.example.com", "key": "k"}
        with pytest.raises(error), company_scope(company.id) as now:
            open_account(actor=Actor.system(company.id), terms=Terms(**{**right, **changed}), now=now)
        with company_scope(company.id):
            assert not VendorAccount.objects.filter(name="新账号").exists()

    def test_a_name_is_taken_once(self, run, slug):
        assert self.add(run, slug, "--url", "https://v.example.com").returncode == 0
        again = self.add(run, slug, "--url", "https://v.example.com")
        assert (again.returncode, "账号已存在" in again.stderr) == (1, True)


def test_a_name_that_two_companies_bear_names_neither(run, slug):
    run("company", "add", "北辰教育（示例）", "--slug", f"other-{number()}")
    with pytest.raises(NotFound):
        company_named("北辰教育（示例）")
    assert company_named(slug).slug == slug
