"""Tables of the notifications room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within


class RecipientKind(models.TextChoices):
    """Whom a message is for."""

    CANDIDATE = "candidate", _("候选人")
    STAFF = "staff", _("员工")


class MessageState(models.TextChoices):
    """`waiting` until every channel is settled; `failed` when none got through."""

    WAITING = "waiting", _("发送中")
    SENT = "sent", _("已送达")
    FAILED = "failed", _("未送达")


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
    channels = models.JSONField(help_text="names of the channels it goes out on")
    params = models.JSONField(default=dict)
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
    """One attempt's end."""

    SENT = "sent", _("成功")
    RETRY = "retry", _("稍后重试")
    FAILED = "failed", _("失败")


class Delivery(CompanyRow):
    """One attempt on one channel."""

    message = within("notifications.Message", related_name="deliveries")
    channel = models.CharField(max_length=16)
    attempt = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=DeliveryState.choices)
    error = models.CharField(max_length=200, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="delivery_attempt_once", fields=["message", "channel", "attempt"]),
            models.UniqueConstraint(
                name="delivery_sent_once",
                fields=["message", "channel"],
                condition=models.Q(state="sent"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} #{self.attempt} {self.state}"
