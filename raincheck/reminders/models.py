"""Tables of the reminders room: how a company reminds, and what came of each reminder."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within

#: Minutes before a slot's start or a window's deadline, for a company that has said nothing else.
CANDIDATE_LEADS = (24 * 60, 60)
INTERVIEWER_LEADS = (60,)


class Habit(CompanyRow):
    """When a company reminds; one without a row of its own does as the defaults say. Leads are in minutes."""

    active = models.BooleanField(default=True)
    leads = models.JSONField(help_text="before which a candidate hears, the longest first")
    interviewer_leads = models.JSONField(help_text="before which interviewers hear, of slots alone")
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(name="habit_once", fields=["company"])]

    def __str__(self) -> str:
        return f"{self.leads} {self.interviewer_leads}"


class Answer(models.TextChoices):
    """What one tap says."""

    COMING = "coming", _("会参加")
    OTHER_TIME = "other_time", _("希望改期")


class Reminder(CompanyRow):
    """One lead of one interview at one instant, decided once: `told`, or left out, for people had just heard."""

    interview = within("recruiting.Interview", related_name="reminders")
    lead = models.PositiveIntegerField(help_text="in minutes")
    instant = models.DateTimeField(help_text="the start or deadline it reminds of: moved, there is another")
    decided_at = models.DateTimeField()
    told = models.BooleanField()
    answer = models.CharField(max_length=12, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    wish = models.TextField(
        blank=True, help_text="when it would suit, in the candidate's words; HR's alone to read"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reminder_once", fields=["interview", "lead", "instant"]),
            models.CheckConstraint(
                name="reminder_answer_has_its_time", condition=Q(answer="") | Q(answered_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead} min before {self.instant:%Y-%m-%d %H:%M}"
