"""The page of roles says what the table says."""

import runpy
from pathlib import Path

ROLES = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "roles.py"), run_name="roles")


def test_the_page_of_roles_is_the_table():
    assert ROLES["PAGE"].read_text(encoding="utf-8") == ROLES["page"](), "run python scripts/roles.py"
