"""Write docs/reference/roles.md from the table of who may do what; `--check` only says whether it is up to date."""

import sys
from pathlib import Path

from raincheck.accounts.abilities import CANDIDATE, GUEST, SCOPES, STAFF, Ability, Reach, Scope
from raincheck.core.actor import STAFF_ROLES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "roles.md"
_REACH = {Reach.OWN: "own", Reach.DEPARTMENT: "department", Reach.COMPANY: "company"}
_HEAD = """# Roles

Written by `python scripts/roles.py` from the one table in `raincheck/accounts/abilities.py`; a test compares them,
and another walks every address with every role, at its own company, at another's, and as a guest.

*own*: what the person is on the panel of, or is addressed to. *department*: what is of the departments they look at.
*company*: all of the company. Nothing reaches across companies, but for a parent's guests (last column).

"""
_SCOPES = """
## Integrations

Programs come in by an API key ([howto](../howto/api-keys.md)), each with some of these scopes, in the whole company:

| scope | abilities |
|---|---|
"""
_TAIL = """
## What else is so

* **Auditor**: reads all of the company and changes nothing; may take the audit out. Sees no candidate's phone or mail
  (`see_contacts`): proof needs none. Has no inbox and no calendar: reading a message marks it as read, which is a
  change.
* **Candidate**: always with their own interviews only: {candidate}.
* **Guest of the parent company**: staff of the parent with `view_group`, as long as the subsidiary lets its parent look
  (控制台 → 集团). GET alone; every visit is an entry in the subsidiary's audit trail; row-level security's scope is the
  subsidiary's, set for it alone.
* **Second factor**: required of the roles in `RAINCHECK_MFA_ROLES`, before any page of the console opens.
* **Fresh sign-in**: asked for before the deeds below when the last proof of who somebody is, is older than
  `RAINCHECK_FRESH_MINUTES`: exports of the audit and of everything, freezing and reopening positions, rules, roles,
  invitations, hand-over, ending others' sessions, API keys, the parent's look, vendors' and carriers' settings and
  secrets, rolling back a batch, how long data are kept, deleting them now, lifting a hold, granting an erasure or a
  copy of somebody's data and handing one out; and changing how one signs in.
"""


def page() -> str:
    """Return the page as it should be."""
    heads = [*STAFF_ROLES, "guest"]
    lines = [f"| ability | {' | '.join(heads)} |", f"|---{'|---' * len(heads)}|"]
    for ability in Ability:
        if ability not in STAFF:
            continue
        cells = [_REACH[STAFF[ability][role]] if role in STAFF[ability] else "–" for role in STAFF_ROLES]
        lines.append(f"| `{ability}` | {' | '.join([*cells, 'company' if ability in GUEST else '–'])} |")
    scopes = [f"| `{scope}` | {', '.join(f'`{one}`' for one in sorted(SCOPES[scope]))} |" for scope in Scope]
    own = ", ".join(f"`{one}`" for one in sorted(CANDIDATE))
    return _HEAD + "\n".join(lines) + "\n" + _SCOPES + "\n".join(scopes) + "\n" + _TAIL.format(candidate=own)


def main() -> int:
    """Write it, or compare."""
    if "--check" in sys.argv:
        return int(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
