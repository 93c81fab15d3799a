"""Who may do what: one table. A test walks all of it for every endpoint."""

from enum import IntEnum, StrEnum

from raincheck.core.actor import Actor, ActorKind, Role
from raincheck.core.errors import NotAllowed


class Ability(StrEnum):
    """What can be done, in the words of the trade."""

    VIEW_INTERVIEWS = "view_interviews"
    CANCEL_INTERVIEW = "cancel_interview"
    WITHDRAW_CANCELLATION = "withdraw_cancellation"
    GIVE_CONSENT = "give_consent"
    ANSWER_REMINDER = "answer_reminder"
    VIEW_REMINDERS = "view_reminders"
    EDIT_REMINDERS = "edit_reminders"
    VIEW_PROMISES = "view_promises"
    VIEW_REVIEWS = "view_reviews"
    REVIEW_CANCELLATION = "review_cancellation"
    SCHEDULE_INTERVIEW = "schedule_interview"
    CHANGE_APPLICATION = "change_application"
    VIEW_POSITIONS = "view_positions"
    FREEZE_POSITION = "freeze_position"
    VIEW_TASKS = "view_tasks"
    SETTLE_TASK = "settle_task"
    VIEW_RULES = "view_rules"
    EDIT_RULES = "edit_rules"
    VIEW_TALENT = "view_talent"
    READ_MESSAGES = "read_messages"
    SEE_CONTACTS = "see_contacts"
    REVEAL_CONTACTS = "reveal_contacts"
    ASK_ABOUT_DATA = "ask_about_data"
    COPY_DATA = "copy_data"
    VIEW_AUDIT = "view_audit"
    EXPORT_AUDIT = "export_audit"
    VIEW_VENDORS = "view_vendors"
    EDIT_VENDORS = "edit_vendors"
    ERASE_CANDIDATE = "erase_candidate"
    VIEW_BATCHES = "view_batches"
    MOVE_DATA = "move_data"
    REVEAL_ROWS = "reveal_rows"
    EXPORT_EVERYTHING = "export_everything"
    EDIT_RETENTION = "edit_retention"
    VIEW_NOTICES = "view_notices"
    EDIT_NOTICES = "edit_notices"
    SUBSCRIBE_CALENDAR = "subscribe_calendar"
    VIEW_CALENDAR_SERVER = "view_calendar_server"
    EDIT_CALENDAR_SERVER = "edit_calendar_server"
    VIEW_CHANNELS = "view_channels"
    EDIT_CHANNELS = "edit_channels"
    VIEW_STAFF = "view_staff"
    EDIT_STAFF = "edit_staff"
    VIEW_KEYS = "view_keys"
    EDIT_KEYS = "edit_keys"
    VIEW_GROUP = "view_group"
    GRANT_PARENT = "grant_parent"


class Reach(IntEnum):
    """How far an ability goes; the widest of a person's roles counts."""

    OWN = 1
    DEPARTMENT = 2
    COMPANY = 3


_RECRUITER, _MANAGER = {Role.RECRUITER: Reach.COMPANY}, {Role.HR_MANAGER: Reach.COMPANY}
_ADMIN, _AUDITOR = {Role.COMPANY_ADMIN: Reach.COMPANY}, {Role.AUDITOR: Reach.COMPANY}
_HR = {**_RECRUITER, **_MANAGER}
_OFFICE = {**_HR, **_ADMIN, **_AUDITOR}
_IN_CHARGE = {**_MANAGER, **_ADMIN}
_INTERVIEWER, _VIEWER = {Role.INTERVIEWER: Reach.OWN}, {Role.DEPARTMENT_VIEWER: Reach.DEPARTMENT}
_LOOKING = {**_INTERVIEWER, **_VIEWER}
_KEPT_UP = {**_LOOKING, **_HR, **_ADMIN}

#: What staff may do. Whoever isn't listed may not. An auditor has what only looks, and the export of the audit.
STAFF: dict[Ability, dict[Role, Reach]] = {
    Ability.VIEW_INTERVIEWS: {**_LOOKING, **_OFFICE},
    Ability.CANCEL_INTERVIEW: _HR,
    Ability.VIEW_REVIEWS: {**_HR, **_AUDITOR},
    Ability.REVIEW_CANCELLATION: _HR,
    Ability.SCHEDULE_INTERVIEW: _HR,
    Ability.CHANGE_APPLICATION: _HR,
    Ability.VIEW_POSITIONS: {**_VIEWER, **_OFFICE},
    Ability.FREEZE_POSITION: _MANAGER,
    Ability.VIEW_TASKS: _OFFICE,
    Ability.SETTLE_TASK: _HR,
    Ability.VIEW_RULES: _OFFICE,
    Ability.EDIT_RULES: _IN_CHARGE,
    Ability.VIEW_TALENT: {**_HR, **_AUDITOR},
    # An auditor is told of nothing, and to have read a message is a change.
    Ability.READ_MESSAGES: dict.fromkeys(_KEPT_UP, Reach.OWN),
    Ability.SEE_CONTACTS: _HR,
    Ability.REVEAL_CONTACTS: _HR,
    Ability.COPY_DATA: _HR,
    Ability.VIEW_AUDIT: _OFFICE,
    Ability.EXPORT_AUDIT: {**_IN_CHARGE, **_AUDITOR},
    Ability.VIEW_PROMISES: _OFFICE,
    Ability.VIEW_REMINDERS: {**_IN_CHARGE, **_AUDITOR},
    Ability.EDIT_REMINDERS: _IN_CHARGE,
    Ability.VIEW_VENDORS: _OFFICE,
    Ability.EDIT_VENDORS: _IN_CHARGE,
    Ability.ERASE_CANDIDATE: _IN_CHARGE,
    Ability.VIEW_BATCHES: {**_IN_CHARGE, **_AUDITOR},
    Ability.MOVE_DATA: _IN_CHARGE,
    # Rows that an import turned away hold contacts in the clear, as an export does.
    Ability.REVEAL_ROWS: _MANAGER,
    # It holds every contact in the clear: whoever may not see one may not take all.
    Ability.EXPORT_EVERYTHING: _MANAGER,
    Ability.EDIT_RETENTION: _IN_CHARGE,
    Ability.VIEW_NOTICES: _OFFICE,
    Ability.EDIT_NOTICES: _IN_CHARGE,
    Ability.SUBSCRIBE_CALENDAR: _KEPT_UP,
    Ability.VIEW_CALENDAR_SERVER: {**_IN_CHARGE, **_AUDITOR},
    Ability.EDIT_CALENDAR_SERVER: _IN_CHARGE,
    Ability.VIEW_CHANNELS: {**_IN_CHARGE, **_AUDITOR},
    Ability.EDIT_CHANNELS: _IN_CHARGE,
    Ability.VIEW_STAFF: {**_IN_CHARGE, **_AUDITOR},
    Ability.EDIT_STAFF: _ADMIN,
    Ability.VIEW_KEYS: {**_ADMIN, **_AUDITOR},
    Ability.EDIT_KEYS: _ADMIN,
    Ability.VIEW_GROUP: {**_IN_CHARGE, **_AUDITOR},
    Ability.GRANT_PARENT: _ADMIN,
}

#: What a guest from the parent company may do: what an auditor may, without taking anything out or looking further.
GUEST = frozenset(ability for ability, roles in STAFF.items() if Role.AUDITOR in roles) - {
    Ability.EXPORT_AUDIT,
    Ability.VIEW_GROUP,
}


class Scope(StrEnum):
    """What an API key may be given."""

    READ_INTERVIEWS = "interviews.read"
    CANCEL_INTERVIEWS = "interviews.cancel"
    READ_TASKS = "tasks.read"
    READ_AUDIT = "audit.read"


#: What each scope lets an integration do, in the whole company.
SCOPES: dict[Scope, frozenset[Ability]] = {
    Scope.READ_INTERVIEWS: frozenset({Ability.VIEW_INTERVIEWS}),
    Scope.CANCEL_INTERVIEWS: frozenset({Ability.VIEW_INTERVIEWS, Ability.CANCEL_INTERVIEW}),
    Scope.READ_TASKS: frozenset({Ability.VIEW_TASKS}),
    Scope.READ_AUDIT: frozenset({Ability.VIEW_AUDIT}),
}

#: What a candidate may do, always with their own only.
CANDIDATE = frozenset(
    {
        Ability.VIEW_INTERVIEWS,
        Ability.CANCEL_INTERVIEW,
        Ability.WITHDRAW_CANCELLATION,
        Ability.GIVE_CONSENT,
        Ability.ASK_ABOUT_DATA,
        Ability.ANSWER_REMINDER,
        Ability.READ_MESSAGES,
    }
)


def reach(actor: Actor, ability: Ability) -> Reach | None:
    """Return how far `actor` may go with `ability`; None where not at all."""
    if actor.kind in {ActorKind.SYSTEM, ActorKind.VENDOR, ActorKind.COMPANY_RULE}:
        return Reach.COMPANY
    if actor.kind is ActorKind.CANDIDATE:
        return Reach.OWN if ability in CANDIDATE else None
    if actor.kind is ActorKind.INTEGRATION:
        return Reach.COMPANY if any(ability in SCOPES[Scope(scope)] for scope in actor.scopes) else None
    if actor.guest:
        return Reach.COMPANY if ability in GUEST else None
    table = STAFF.get(ability, {})
    return max((table[role] for role in actor.roles if role in table), default=None)


def demand(actor: Actor, ability: Ability) -> Reach:
    """Return the reach, or raise NotAllowed."""
    found = reach(actor, ability)
    if found is None:
        raise NotAllowed(detail=ability)
    return found
