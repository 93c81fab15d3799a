"""A company's first rows: how an installation gets its tenants, and they their people.

The caller has opened the company's scope: a company is founded from within itself.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.core.validators import slug_re, validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.identities import normal_email
from raincheck.accounts.models import Company, Language, RoleGrant, Staff
from raincheck.accounts.resetting import check_password
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations import reasons
from raincheck.core.actor import Actor, Role
from raincheck.core.errors import Conflict, Invalid, NotFound
from raincheck.recruiting.models import Department


class NameMissing(Invalid):
    """There is no name, or more of it than there is room for."""

    code = "name_missing"
    message = _("名称不能为空，也不能过长")
    advice = _("企业名称最多120个字，人名最多80个字")


class BadAddress(Invalid):
    """The company's public address can't stand in a URL."""

    code = "bad_address"
    message = _("企业地址只能用小写字母、数字和连字符，最多40个字符")
    advice = _("请用 --slug 指定，例如 --slug acme")


class AddressTaken(Conflict):
    """Another company has this address."""

    code = "address_taken"
    message = _("该企业地址已被使用")
    advice = _("请用 --slug 换一个地址；已有的企业见 raincheck company list")


class UnknownZone(Invalid):
    """No such time zone."""

    code = "unknown_zone"
    message = _("没有这个时区")
    advice = _("请用 IANA 名称，例如 Asia/Shanghai")


class BadEmail(Invalid):
    """Not a mail address."""

    code = "bad_email"
    message = _("邮箱地址格式不正确")
    advice = _("例如 name@example.com")


class EmailTaken(Conflict):
    """Somebody signs in with this address, at this company or another."""

    code = "email_taken"
    message = _("该邮箱已被使用")
    advice = _("一个邮箱只能登录一个企业，请换一个邮箱")


class OwnParent(Conflict):
    """A company can't be its own parent."""

    code = "own_parent"
    message = _("企业不能是自己的总部")


class DepartmentNeeded(Invalid):
    """A department viewer looks at one department, and nobody else does."""

    code = "department_needed"
    message = _("用人部门角色需要且只有它可以指定部门")
    advice = _("请用 --department 指定该角色查看的部门，其他角色请去掉此项")


@dataclass(frozen=True)
class Charter:
    """What a company must say of itself. `slug` is its public address: /c/<slug>/."""

    slug: str
    name: str
    timezone: str = "Asia/Shanghai"
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""

    def check(self) -> None:
        """Raise NameMissing, BadAddress, UnknownZone or BadEmail for what was typed wrong."""
        _check_length(self.name, 120)
        if self.slug != self.slug.lower() or not slug_re.fullmatch(self.slug) or len(self.slug) > _SLUG:
            raise BadAddress(detail=self.slug)
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UnknownZone(detail=self.timezone) from error
        if self.contact_email:
            _check_email(self.contact_email)


_SLUG = 40


def slug_for(name: str) -> str:
    """Return a public address made of a company's name: the name itself where its letters are Latin.

    Otherwise a short id, always the same for the same name: half a name would be anybody's.
    """
    latin = all("LATIN" in unicodedata.name(letter, "") for letter in name if letter.isalpha())
    plain = slugify(name)[:_SLUG].strip("-_") if latin else ""
    return plain or f"c-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def found_company(*, company_id: UUID, charter: Charter, now: datetime) -> Company:
    """Store a company with the preset reasons; the standard policy is in force until it saves its own.

    Raises AddressTaken, and what `Charter.check` does.
    """
    charter.check()
    try:
        with transaction.atomic():
            company = Company.objects.create(id=company_id, **vars(charter))
    except IntegrityError as error:
        raise AddressTaken(detail=charter.slug) from error
    reasons.install(company.id)
    deed = Deed(Action.COMPANY_FOUNDED, Subject("company", company.id), {"timezone": charter.timezone})
    note(actor=Actor.system(company.id), deed=deed, now=now)
    return company


def set_parent(*, company_id: UUID, parent_id: UUID | None, now: datetime) -> None:
    """Make a company another's subsidiary, or nobody's. Whether the parent may look is asked of it anew.

    Raises OwnParent.
    """
    if parent_id == company_id:
        raise OwnParent
    Company.objects.filter(id=company_id).update(parent_id=parent_id, parent_may_read=False)
    facts = {"parent": str(parent_id or ""), "allowed": False}
    deed = Deed(Action.PARENT_GRANTED, Subject("company", company_id), facts)
    note(actor=Actor.system(company_id), deed=deed, now=now)


@dataclass(frozen=True)
class Hire:
    """A new member of staff. `department` is by name, for department viewers; one that is missing is made."""

    email: str
    name: str
    roles: Sequence[Role]
    password: str
    department: str = ""
    language: str = Language.ZH


def hire(*, company: Company, person: Hire, now: datetime) -> Staff:
    """Store a member of staff who can sign in at once.

    Raises NameMissing, BadEmail, EmailTaken, WeakPassword, DepartmentNeeded.
    """
    _check_length(person.name, 80)
    _check_email(person.email)
    if (Role.DEPARTMENT_VIEWER in person.roles) != bool(person.department):
        raise DepartmentNeeded
    staff = Staff(
        company=company, email=normal_email(person.email), name=person.name, language=person.language
    )
    check_password(person.password, staff)
    staff.set_password(person.password)
    # Whoever left has it no more: they come back, or it is a successor's. Their row, and what they did, stay theirs.
    gone = Staff.objects.filter(company=company, email=staff.email, is_active=False).first()
    try:
        with transaction.atomic():
            if gone is not None:
                gone.give_address_up()
            staff.save()
    except IntegrityError as error:
        raise EmailTaken from error
    _grant(company, staff, person)
    deed = Deed(Action.STAFF_ADDED, Subject("staff", staff.id), {"roles": sorted(set(person.roles))})
    note(actor=Actor.system(company.id), deed=deed, now=now)
    return staff


def give_password(*, company: Company, email: str, password: str, now: datetime) -> Staff:
    """Set the password of a member of staff, as after a move to another installation. Raises NotFound, WeakPassword."""
    staff = Staff.objects.filter(company=company, email=normal_email(email)).first()
    if staff is None:
        raise NotFound(detail=email)
    check_password(password, staff)
    staff.set_password(password)
    staff.save(update_fields=["password"])
    deed = Deed(Action.PASSWORD_SET, Subject("staff", staff.id))
    note(actor=Actor.system(company.id), deed=deed, now=now)
    return staff


def _grant(company: Company, staff: Staff, person: Hire) -> None:
    for role in set(person.roles):
        department = None
        if role is Role.DEPARTMENT_VIEWER:
            department, _made = Department.objects.get_or_create(company=company, name=person.department)
        RoleGrant.objects.create(
            company=company, staff=staff, role=role, department_id=department.id if department else None
        )


def _check_length(name: str, limit: int) -> None:
    if not name.strip() or len(name) > limit:
        raise NameMissing(field="name")


def _check_email(text: str) -> None:
    try:
        validate_email(text.strip())
    except ValidationError as error:
        raise BadEmail from error
