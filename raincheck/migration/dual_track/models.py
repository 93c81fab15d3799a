"""Tables of take-overs: each one, each day on which the other system's export was compared, each row that differed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within


class DualTrack(CompanyRow):
    """双轨核对: one system that is being taken over. Switched once its tracks agreed `needed` days in a row.

    `report` is the signed note of the switch.
    """

    name = models.CharField(max_length=80)
    timezone = models.CharField(max_length=64)
    needed = models.PositiveSmallIntegerField(help_text="so many days in a row must agree")
    since = models.DateTimeField(null=True, help_text="interviews before it aren't compared; null: all are")
    begun_at = models.DateTimeField()
    begun_by = within("accounts.Staff", null=True)
    switched_at = models.DateTimeField(null=True)
    switched_by = within("accounts.Staff", null=True)
    report = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="dual_track_name_once", fields=["company", "name"]),
            models.CheckConstraint(name="dual_track_needs_a_day", condition=Q(needed__gte=1)),
            models.CheckConstraint(
                name="dual_track_switched_with_report", condition=Q(switched_at=None) | ~Q(report="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TrackDay(CompanyRow):
    """One day's comparison, the last of that day; `day` is the track's own calendar day.

    A checksum is a digest of (candidate, position, start, state) of one side.
    """

    track = within("migration.DualTrack", related_name="days")
    day = models.DateField()
    loaded_at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    rows_there = models.PositiveIntegerField()
    rows_here = models.PositiveIntegerField()
    agreeing = models.PositiveIntegerField()
    counts = models.JSONField(default=dict, help_text="differences by kind")
    checksum_there = models.CharField(max_length=16)
    checksum_here = models.CharField(max_length=16)
    repeated = models.PositiveIntegerField(
        default=0, db_default=0, help_text="rows that said again what another one had said"
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="track_day_once", fields=["track", "day"])]

    def __str__(self) -> str:
        return f"{self.day} {self.differing}"

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return sum(self.counts.values())


class DifferenceKind(models.TextChoices):
    """What a row differs in."""

    MISSING_HERE = "missing_here", _("本平台没有")
    MISSING_THERE = "missing_there", _("对方没有")
    OTHER_STATE = "other_state", _("状态不同")
    OTHER_TIME = "other_time", _("时间不同")
    UNREADABLE = "unreadable", _("读不了这一行")


class TrackDifference(CompanyRow):
    """One row that differs: its number in the file, the interview here, and what each side says. No personal data."""

    day = within("migration.TrackDay", related_name="differences")
    kind = models.CharField(max_length=16, choices=DifferenceKind.choices)
    number = models.PositiveIntegerField(null=True, help_text="as a spreadsheet counts, from 1")
    interview_id = models.UUIDField(null=True)
    there = models.JSONField(default=dict)
    here = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["day", "kind", "number"], name="track_difference_of_day")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.number}"
