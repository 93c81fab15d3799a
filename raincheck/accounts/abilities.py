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
    EDIT_REMINDERS = "edit_reminders"
    VIEW_PROMISES = "view_promises"
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
    MOVE_DATA = "move_data"
    EXPORT_EVERYTHING = "export_everything"
    EDIT_RETENTION = "edit_retention"
    VIEW_NOTICES = "view_notices"
    EDIT_NOTICES = "edit_notices"
    SUBSCRIBE_CALENDAR = "subscribe_calendar"
    EDIT_CALENDAR_SERVER = "edit_calendar_server"
    VIEW_CHANNELS = "view_channels"
    EDIT_CHANNELS = "edit_channels"


class Reach(IntEnum):
    """How far an ability goes; the widest of a person's roles counts."""

    OWN = 1
    DEPARTMENT = 2
    COMPANY = 3


_HR = {Role.RECRUITER: Reach.COMPANY, Role.HR_MANAGER: Reach.COMPANY}
_HR_AND_ADMIN = {**_HR, Role.COMPANY_ADMIN: Reach.COMPANY}
_LOOKING = {Role.INTERVIEWER: Reach.OWN, Role.DEPARTMENT_VIEWER: Reach.DEPARTMENT}

#: What staff may do. Whoever isn't listed may not.
STAFF: dict[Ability, dict[Role, Reach]] = {
    Ability.VIEW_INTERVIEWS: {**_LOOKING, **_HR_AND_ADMIN},
    Ability.CANCEL_INTERVIEW: _HR,
    Ability.REVIEW_CANCELLATION: _HR,
    Ability.SCHEDULE_INTERVIEW: _HR,
    Ability.CHANGE_APPLICATION: _HR,
    Ability.VIEW_POSITIONS: {Role.DEPARTMENT_VIEWER: Reach.DEPARTMENT, **_HR_AND_ADMIN},
    Ability.FREEZE_POSITION: {Role.HR_MANAGER: Reach.COMPANY},
    Ability.VIEW_TASKS: _HR_AND_ADMIN,
    Ability.SETTLE_TASK: _HR,
    Ability.VIEW_RULES: _HR_AND_ADMIN,
    Ability.EDIT_RULES: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.VIEW_TALENT: _HR,
    Ability.READ_MESSAGES: {**dict.fromkeys(Role, Reach.OWN)},
    Ability.SEE_CONTACTS: _HR,
    Ability.REVEAL_CONTACTS: _HR,
    Ability.COPY_DATA: _HR,
    Ability.VIEW_AUDIT: _HR_AND_ADMIN,
    Ability.EXPORT_AUDIT: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.VIEW_PROMISES: _HR_AND_ADMIN,
    Ability.EDIT_REMINDERS: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.VIEW_VENDORS: _HR_AND_ADMIN,
    Ability.EDIT_VENDORS: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.ERASE_CANDIDATE: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.MOVE_DATA: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    # It holds every contact in the clear: whoever may not see one may not take all.
    Ability.EXPORT_EVERYTHING: {Role.HR_MANAGER: Reach.COMPANY},
    Ability.EDIT_RETENTION: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.VIEW_NOTICES: _HR_AND_ADMIN,
    Ability.EDIT_NOTICES: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.SUBSCRIBE_CALENDAR: {**_LOOKING, **_HR_AND_ADMIN},
    Ability.EDIT_CALENDAR_SERVER: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.VIEW_CHANNELS: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
    Ability.EDIT_CHANNELS: {Role.HR_MANAGER: Reach.COMPANY, Role.COMPANY_ADMIN: Reach.COMPANY},
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
    table = STAFF.get(ability, {})
    return max((table[role] for role in actor.roles if role in table), default=None)


def demand(actor: Actor, ability: Ability) -> Reach:
    """Return the reach, or raise NotAllowed."""
    found = reach(actor, ability)
    if found is None:
        raise NotAllowed(detail=ability)
    return found
