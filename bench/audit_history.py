"""One company and a great many requests for cancellation, for what an auditor does with them."""

from pathlib import Path

import psycopg

from bench.ground import Ground
from raincheck.accounts.models import RoleGrant, Staff
from raincheck.core.actor import Role
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.founding import Charter, found_company
from raincheck.recruiting.models import Department, Position

SLUG, EMAIL, PASSWORD = "bench", "auditor@bench.example.com", "a-long-bench-password"


def fill(ground: Ground, rows: int, *, apart: str = "90 seconds") -> None:
    """Make the company through the product, its history in bulk; `apart` is how long lies between two requests."""
    _found()
    history = Path(__file__).with_suffix(".sql").read_text("utf-8")
    history = history.replace(":rows", str(rows)).replace(":apart", apart)
    with psycopg.connect(ground.superuser_url, autocommit=True) as superuser:
        superuser.execute(history.encode())
        superuser.execute("VACUUM ANALYZE")


def _found() -> None:
    """Found the company with one department, one position and an HR manager who can sign in."""
    company_id = new_id()
    with company_scope(company_id) as now:
        charter = Charter(SLUG, "量测企业", contact_name="示例", contact_phone="010-00000000")
        company = found_company(company_id=company_id, charter=charter, now=now)
        staff = Staff(company=company, email=EMAIL, name="示例审计员")
        staff.set_password(PASSWORD)
        staff.save()
        RoleGrant.objects.create(company=company, staff=staff, role=Role.HR_MANAGER)
        department = Department.objects.create(company=company, name="数据平台部")
        Position.objects.create(company=company, department=department, title="数据分析师", owner=staff)
