"""What the stories about imports look at: the company a file makes, what was said of its rows, and all there is."""

import csv
from pathlib import Path

from raincheck.accounts.queries import companies_called
from raincheck.core.scope import company_scope

COMPANY = "示例导入企业"


def scope(name=COMPANY):
    [company] = companies_called(name)
    return company_scope(company.id)


def rejected(said):
    """Return {row: (column, value, code)} of the rejections file."""
    with Path(said["rejections_file"]).open(encoding="utf-8-sig", newline="") as file:
        return {
            int(line["row"]): (line["column"], line["value"], line["code"]) for line in csv.DictReader(file)
        }


def warned(said):
    return {warning.partition(":")[0]: warning for warning in said["warnings"]}


def everything(superuser):
    """Return how many rows every table has, and the identity of those that can change."""
    tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    kept = {name for (name,) in tables if not name.startswith("procrastinate_")}
    return {name: superuser.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in kept}
