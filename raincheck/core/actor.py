"""Who acts. Every read and every write is handed one of these."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """The six kinds of hands that can touch a record."""

    CANDIDATE = "candidate"
    STAFF = "staff"
    COMPANY_RULE = "company_rule"
    VENDOR = "vendor"
    SYSTEM = "system"
    INTEGRATION = "integration"


class Role(StrEnum):
    """What a member of staff may be, several at once; an integration is what an API key is, and no person."""

    INTERVIEWER = "interviewer"
    DEPARTMENT_VIEWER = "department_viewer"
    RECRUITER = "recruiter"
    HR_MANAGER = "hr_manager"
    COMPANY_ADMIN = "company_admin"
    AUDITOR = "auditor"
    INTEGRATION = "integration"


#: What people can be given.
STAFF_ROLES = tuple(role for role in Role if role is not Role.INTEGRATION)


@dataclass(frozen=True)
class Actor:
    """A frozen answer to “who”: never read from the request's own words.

    `departments` holds the ids a department viewer's look reaches; `scopes` what an API key was given; `guest` says
    that the person is of the parent company and only looks.
    """

    kind: ActorKind
    id: UUID | None
    company_id: UUID
    roles: frozenset[Role] = frozenset()
    departments: frozenset[UUID] = field(default_factory=frozenset)
    scopes: frozenset[str] = frozenset()
    guest: bool = False

    @classmethod
    def system(cls, company_id: UUID) -> "Actor":
        """Return the actor for clocks and sweeps of one company."""
        return cls(ActorKind.SYSTEM, None, company_id)

    @classmethod
    def vendor(cls, company_id: UUID, account_id: UUID) -> "Actor":
        """Return the actor for what an AI interview system told us."""
        return cls(ActorKind.VENDOR, account_id, company_id)

    @classmethod
    def company_rule(cls, company_id: UUID, staff_id: UUID | None) -> "Actor":
        """Return the actor for what follows from a company's decision, such as freezing a position."""
        return cls(ActorKind.COMPANY_RULE, staff_id, company_id)

    @property
    def person(self) -> UUID:
        """Return the id of the person acting. Raises ValueError for a clock or a rule: those are nobody."""
        if self.id is None:
            raise ValueError(f"{self.kind} is nobody")
        return self.id

    @property
    def is_candidate(self) -> bool:
        """Say whether the person interviewed is the one acting."""
        return self.kind is ActorKind.CANDIDATE
