"""The commands by which an installation gets its companies and their staff."""

from argparse import Namespace

from raincheck.core.terminal import say
from raincheck.shell import in_the_house, module, secret, table


@in_the_house
def add_company(args: Namespace) -> None:
    """Found a company."""
    founding, scope = module("founding"), module("core.scope")
    charter = founding.Charter(
        slug=args.slug or founding.slug_for(args.name),
        name=args.name,
        timezone=args.tz,
        contact_name=args.contact_name,
        contact_phone=args.contact_phone,
        contact_email=args.contact_email,
    )
    company_id = module("core.ids").new_id()
    with scope.company_scope(company_id) as now:
        founding.found_company(company_id=company_id, charter=charter, now=now)
    say(f"已建立 / founded: {charter.slug}  {charter.name}")
    if not (charter.contact_phone or charter.contact_email):
        say(
            "未填联系方式，候选人遇到问题时将无人可找 / no contact given: candidates will have nobody to reach"
        )
    say(f"下一步 / next: raincheck staff add --company {charter.slug} --role hr_manager --email … --name …")


@in_the_house
def list_companies(args: Namespace) -> None:
    """List the companies."""
    scope, models = module("core.scope"), module("accounts.models")
    with scope.system_scope(scope.Purpose.OPERATIONS):
        found = list(models.Company.objects.order_by("slug").values_list("slug", "name", "timezone"))
    table(found)


@in_the_house
def set_parent(args: Namespace) -> None:
    """Say which company is another's parent, or that none is."""
    queries = module("accounts.queries")
    company = queries.company_named(args.company)
    parent = queries.company_named(args.parent) if args.parent else None
    with module("core.scope").company_scope(company.id) as now:
        module("founding").set_parent(company_id=company.id, parent_id=parent and parent.id, now=now)
    say(f"总部 / parent: {company.slug} → {parent.slug if parent else '–'}")


@in_the_house
def add_staff(args: Namespace) -> None:
    """Add a member of staff."""
    founding, roles = module("founding"), module("core.actor").Role
    company = module("accounts.queries").company_named(args.company)
    person = founding.Hire(
        email=args.email,
        name=args.name,
        roles=[roles(role) for role in args.role],
        password=secret("RAINCHECK_STAFF_PASSWORD", piped=args.password_stdin, twice=True),
        department=args.department,
        language=args.language,
    )
    with module("core.scope").company_scope(company.id) as now:
        founding.hire(company=company, person=person, now=now)
    say(f"已添加 / added: {person.name}  {', '.join(person.roles)}  {company.slug}")


@in_the_house
def list_staff(args: Namespace) -> None:
    """List a company's staff with their roles."""
    models = module("accounts.models")
    company = module("accounts.queries").company_named(args.company)
    with module("core.scope").company_scope(company.id):
        found = models.Staff.objects.filter(company=company).prefetch_related("grants").order_by("email")
        rows = [
            (
                staff.address,
                staff.name,
                ", ".join(sorted(grant.role for grant in staff.grants.all())),
                "" if staff.is_active else "停用 / inactive",
            )
            for staff in found
        ]
    table(rows)


@in_the_house
def set_password(args: Namespace) -> None:
    """Give a member of staff a new password."""
    founding = module("founding")
    company = module("accounts.queries").company_named(args.company)
    typed = secret("RAINCHECK_STAFF_PASSWORD", piped=args.password_stdin, twice=True)
    with module("core.scope").company_scope(company.id) as now:
        person = founding.give_password(company=company, email=args.email, password=typed, now=now)
    say(f"密码已更新 / password set: {person.name}  {person.email}")
