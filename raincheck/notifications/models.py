"""Tables of the notifications room."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within
from raincheck.core import crypto
from raincheck.notifications.catalogue import Text


class RecipientKind(models.TextChoices):
    """Whom a message is for."""

    CANDIDATE = "candidate", _("候选人")
    STAFF = "staff", _("员工")


class MessageState(models.TextChoices):
    """`waiting` until every channel is settled; `failed` when none got through; `dropped` once it is true no more."""

    WAITING = "waiting", _("发送中")
    SENT = "sent", _("已送达")
    FAILED = "failed", _("未送达")
    DROPPED = "dropped", _("无需发送")


class Message(CompanyRow):
    """One message to one person about one deed. `params` are facts; the words come from the template."""

    entry_id = models.UUIDField(help_text="the audit entry that caused it")
    event = models.CharField(max_length=40)
    template = models.CharField(max_length=60)
    recipient_kind = models.CharField(max_length=12, choices=RecipientKind.choices)
    recipient_id = models.UUIDField(help_text="an identity or a member of staff")
    interview_id = models.UUIDField(null=True)
    language = models.CharField(max_length=8)
    timezone = models.CharField(max_length=64)
    channels = models.JSONField(
        help_text="ways it goes out on: a name goes at once, a list of names is tried in turn until one reaches"
    )
    params = models.JSONField(default=dict)
    urgent = models.BooleanField(default=True, help_text="goes out in the reader's quiet hours, too")
    batch_id = models.UUIDField(
        null=True, help_text="of many cancellations at once: overtaken by a single one"
    )
    state = models.CharField(max_length=8, choices=MessageState.choices, default=MessageState.WAITING)
    made_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="message_once", fields=["entry_id", "recipient_kind", "recipient_id", "template"]
            )
        ]
        indexes = [
            models.Index(fields=["recipient_id", "made_at"], name="message_inbox"),
            models.Index(fields=["interview_id"], name="message_interview"),
            models.Index(
                fields=["next_attempt_at"], name="message_waiting", condition=models.Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.recipient_kind} {self.recipient_id}"


class DeliveryState(models.TextChoices):
    """One attempt's end. `skipped`: there was nothing to try, for want of an address, a contact point or a carrier."""

    SENT = "sent", _("成功")
    RETRY = "retry", _("稍后重试")
    FAILED = "failed", _("失败")
    SKIPPED = "skipped", _("未使用")


class ReceiptOutcome(models.TextChoices):
    """What became of a message after its hand-over, as its carrier says later."""

    DELIVERED = "delivered", _("已送达")
    FAILED = "failed", _("未能送达")


class Delivery(CompanyRow):
    """One attempt on one channel; where somebody has several contact points there, one attempt at one of them."""

    message = within("notifications.Message", related_name="deliveries")
    channel = models.CharField(max_length=16)
    point_id = models.UUIDField(
        null=True, help_text="the ContactPoint it went to, on channels that have them"
    )
    attempt = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=DeliveryState.choices)
    error = models.CharField(max_length=200, blank=True)
    carrier = models.CharField(max_length=24, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    confirms = models.BooleanField(default=False, help_text="its carrier says later what became of it")
    receipt = models.CharField(max_length=12, choices=ReceiptOutcome.choices, blank=True)
    receipt_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="delivery_attempt_once",
                fields=["message", "channel", "attempt", "point_id"],
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                name="delivery_sent_once",
                fields=["message", "channel", "point_id"],
                nulls_distinct=False,
                condition=models.Q(state="sent"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "carrier", "provider_id"],
                name="delivery_receipts",
                condition=~Q(provider_id=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} #{self.attempt} {self.state}"


class Receipt(CompanyRow):
    """A carrier's later word on what it took, kept whether or not the hand-over is noted yet: any order will do."""

    carrier = models.CharField(max_length=24)
    provider_id = models.CharField(max_length=200)
    outcome = models.CharField(max_length=12, choices=ReceiptOutcome.choices)
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="receipt_once", fields=["company", "carrier", "provider_id", "outcome"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.outcome}"


class DigestItem(CompanyRow):
    """One interview of a batch that staff hear of together with the others, and in which digest they did.

    `digest_id` is the `entry_id` of that digest's messages: the entry of the first interview in it.
    """

    batch_id = models.UUIDField()
    entry_id = models.UUIDField(help_text="the audit entry of the cancellation's end")
    interview_id = models.UUIDField()
    digest_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="digest_item_once", fields=["company", "entry_id"])]
        indexes = [
            models.Index(fields=["batch_id"], name="digest_item_batch"),
            models.Index(fields=["interview_id"], name="digest_item_interview"),
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} of {self.batch_id}"


class ChannelAccount(CompanyRow):
    """A company's own account with a carrier of one channel; its secrets are sealed.

    Where a company has none, the installation's own carrier of that channel serves, if there is one.
    """

    channel = models.CharField(max_length=16)
    carrier = models.CharField(max_length=24)
    options = models.JSONField(default=dict, help_text="plain settings: signature, region, template codes")
    secrets_sealed = models.BinaryField(null=True, help_text="a JSON object")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="channel_account_one_in_force", fields=["company", "channel"], condition=Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} by {self.carrier}"

    def secrets(self) -> str:
        """Open the JSON object of secrets; `""` where none is set."""
        sealed = self.secrets_sealed
        return crypto.open_secret(f"channel:{self.id}:secrets", sealed) if sealed else ""

    def seal(self, secrets: str) -> None:
        """Set the JSON object of secrets on this (unsaved) row."""
        self.secrets_sealed = crypto.seal_secret(f"channel:{self.id}:secrets", secrets) if secrets else None


class ContactPoint(CompanyRow):
    """Where one person is reached on a channel other than phone and e-mail: a browser, an app, a chat robot.

    A candidate's is sealed under their own data key, so that erasing them erases it; staff's under the master key.
    """

    recipient_kind = models.CharField(max_length=12, choices=RecipientKind.choices)
    recipient_id = models.UUIDField()
    channel = models.CharField(max_length=16)
    address_sealed = models.BinaryField()
    address_hash = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contact_point_once",
                fields=["company", "channel", "address_hash"],
                condition=Q(ended_at=None),
            )
        ]
        indexes = [
            models.Index(
                fields=["recipient_id", "channel"], name="contact_point_of", condition=Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} of {self.recipient_kind} {self.recipient_id}"


class Choice(CompanyRow):
    """What a company has chosen for one line of the table of who hears what; without one, the table's own holds."""

    event = models.CharField(max_length=40)
    recipient = models.CharField(max_length=16)
    on = models.BooleanField(default=True)
    channels = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(name="choice_once", fields=["company", "event", "recipient"])]

    def __str__(self) -> str:
        return f"{self.event} → {self.recipient}"


class Wording(CompanyRow):
    """A company's own words for one template in one language; without one in force, the catalogue's hold.

    Those that are no longer in force stay: a message says for ever what it said when it was written.
    """

    template = models.CharField(max_length=60)
    language = models.CharField(max_length=8)
    title = models.TextField()
    body = models.TextField()
    sms = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="wording_one_in_force",
                fields=["company", "template", "language"],
                condition=Q(ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.language}"

    @property
    def text(self) -> Text:
        """Return the words alone."""
        return Text(self.title, self.body, self.sms)


class OptOut(CompanyRow):
    """A person who wants to hear no more of one topic; only topics that law lets them leave have one."""

    recipient_kind = models.CharField(max_length=12, choices=RecipientKind.choices)
    recipient_id = models.UUIDField()
    topic = models.CharField(max_length=24)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="opt_out_once", fields=["recipient_id", "topic"])]

    def __str__(self) -> str:
        return f"{self.recipient_id} without {self.topic}"


class CalendarFeed(CompanyRow):
    """A calendar by subscription, for one member of staff: their own interviews, or those of one department.

    Its address is derived from the row (feeds.py) and so stored nowhere; a new serial makes the old address worthless.
    """

    staff = within("accounts.Staff")
    department_id = models.UUIDField(
        null=True, help_text="a recruiting.Department; null: their own interviews"
    )
    serial = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="calendar_feed_once", fields=["staff", "department_id"], nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"feed of {self.staff_id}"


class CalendarServer(CompanyRow):
    """A company's own CalDAV server, where its interviewers' calendars are; its password is sealed."""

    url = models.CharField(max_length=300, help_text="a person's calendar, by {email} or {localpart}")
    username = models.CharField(max_length=200)
    password_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="calendar_server_one_in_force", fields=["company"], condition=Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.url

    def password(self) -> str:
        """Open the password."""
        return crypto.open_secret(f"calendar:{self.id}:password", self.password_sealed)

    def seal(self, password: str) -> None:
        """Set the password on this (unsaved) row."""
        self.password_sealed = crypto.seal_secret(f"calendar:{self.id}:password", password)


class PushedEvent(CompanyRow):
    """One interview in one person's calendar on a company's server: what is there, and when it is tried again.

    `there` is the SEQUENCE the server holds, null where it holds nothing of ours. `unsure`: a call may have been heard
    of which no answer came home.
    """

    server = within("notifications.CalendarServer")
    interview_id = models.UUIDField()
    staff_id = models.UUIDField()
    href = models.CharField(max_length=700, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    there = models.PositiveIntegerField(null=True)
    unsure = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="pushed_event_once", fields=["server", "interview_id", "staff_id"])
        ]
        indexes = [
            models.Index(fields=["due_at"], name="pushed_event_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["interview_id"], name="pushed_event_interview"),
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} in the calendar of {self.staff_id}"
