"""What can be kept for a time: of each kind what is due, whose it is, and how it goes.

What is somebody's who still has an interview ahead, or whom a legal hold names, is never due.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from raincheck.archive.erasing import erase_candidate
from raincheck.archive.holds import in_force
from raincheck.archive.models import EntryKind, HistoryRecord, ProfileEntry
from raincheck.cancellations.models import LIVE, Cancellation
from raincheck.core.actor import Actor
from raincheck.core.ids import first_id_at
from raincheck.migration.models import BroughtRow, ImportedRow, Touched
from raincheck.notifications.models import Delivery, Message, MessageState
from raincheck.recruiting.models import ON_SCHEDULE, Application, Assessment, Candidate, Interview
from raincheck.vendors.models import InboundEvent, VendorCall

#: Nothing goes before a month: what happened last is what disputes are about.
SHORTEST, LONGEST = 30, 36_500


@dataclass(frozen=True)
class Kind:
    """One kind: `due` finds what is older than an instant, `whose` leads from a row to its candidate's id.

    `ceiling` is the installation's own limit in days, which holds whatever the company says.
    """

    code: str
    label: Promise
    hint: Promise
    due: Callable[[UUID, datetime], "QuerySet[Any]"]
    whose: str
    forget: Callable[[UUID, Sequence[UUID], datetime], None]
    ceiling: Callable[[], int | None] = lambda: None


def free(kind: Kind, company_id: UUID, before: datetime) -> "QuerySet[Any]":
    """Return what of a kind may go: due, and neither held nor of somebody with an interview ahead."""
    due = kind.due(company_id, before)
    holds = in_force(company_id)
    if holds.filter(candidate=None).exists() or (not kind.whose and holds.exists()):
        return due.none()
    if not kind.whose:
        return due
    held = holds.order_by().values("candidate_id")
    ahead = Interview.objects.filter(company_id=company_id, state__in=ON_SCHEDULE)
    if kind.whose == _RECIPIENT:
        return _messages_of_nobody(due, held, ahead)
    kept = {f"{kind.whose}__in": held}
    expected = {f"{kind.whose}__in": ahead.values("application__candidate_id")}
    return due.exclude(**kept).exclude(**expected)


def _messages_of_nobody(
    due: "QuerySet[Any]", held: "QuerySet[Any]", ahead: "QuerySet[Any]"
) -> "QuerySet[Any]":
    """Leave out messages to candidates who are held or expected, and those about their interviews."""
    kept = Candidate.objects.filter(Q(id__in=held) | Q(id__in=ahead.values("application__candidate_id")))
    about = Interview.objects.filter(application__candidate__in=kept)
    return due.exclude(recipient_id__in=kept.values("identity_id")).exclude(
        interview_id__in=about.values("id")
    )


def _quiet_candidates(company_id: UUID, before: datetime) -> "QuerySet[Any]":
    theirs = {"company_id": company_id}
    interviews = Interview.objects.filter(
        application__candidate=OuterRef("pk"), ends_at__gte=before, **theirs
    )
    applied = Application.objects.filter(candidate=OuterRef("pk"), applied_at__gte=before, **theirs)
    asked = Cancellation.objects.filter(
        Q(requested_at__gte=before) | Q(state__in=LIVE),
        interview__application__candidate=OuterRef("pk"),
        **theirs,
    )
    known = Candidate.objects.filter(id__lt=first_id_at(before), identity__data_key__isnull=False, **theirs)
    spoken = Q(pool_consent_at__gte=before)
    return known.exclude(spoken).exclude(Exists(interviews) | Exists(applied) | Exists(asked))


def _erase(company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    for candidate_id in ids:
        erase_candidate(candidate_id=candidate_id, actor=Actor.system(company_id), now=now)


def _notes(company_id: UUID, before: datetime) -> "QuerySet[Any]":
    over = Cancellation.objects.filter(company_id=company_id, requested_at__lt=before).exclude(state__in=LIVE)
    return over.exclude(note="", decision_note="")


def _empty_notes(company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    Cancellation.objects.filter(company_id=company_id, id__in=ids).update(note="", decision_note="")


def _forget_scores(company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    entries = ProfileEntry.objects.filter(company_id=company_id, kind=EntryKind.ASSESSMENT)
    entries.filter(subject_id__in=ids).delete()
    Assessment.objects.filter(company_id=company_id, id__in=ids).delete()


def _forget_messages(company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    Delivery.objects.filter(company_id=company_id, message_id__in=ids).delete()
    Message.objects.filter(company_id=company_id, id__in=ids).delete()


def _empty_originals(company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    # The fingerprint stays: the row isn't loaded again.
    ImportedRow.objects.filter(company_id=company_id, id__in=ids).update(original_sealed=b"")


def _empty_brought(company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    BroughtRow.objects.filter(company_id=company_id, id__in=ids).update(original_sealed=b"")


def _delete(model: Any) -> Callable[[UUID, Sequence[UUID], datetime], None]:
    def delete(company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
        model.objects.filter(company_id=company_id, id__in=ids).delete()

    return delete


def _older(model: Any, field: str) -> Callable[[UUID, datetime], "QuerySet[Any]"]:
    def due(company_id: UUID, before: datetime) -> "QuerySet[Any]":
        found: QuerySet[Any] = model.objects.filter(company_id=company_id, **{f"{field}__lt": before})
        return found

    return due


_OF_INTERVIEW = "interview__application__candidate_id"
_RECIPIENT = "recipient"
KINDS = {
    kind.code: kind
    for kind in (
        Kind(
            "candidates",
            _("候选人个人信息"),
            _(
                "最后一次投递、面试、取消或授权之后：姓名、联系方式、简历被永久删除，面试与统计保留但不再指向个人"
            ),
            _quiet_candidates,
            "id",
            _erase,
        ),
        Kind(
            "history",
            _("面试历史记录"),
            _("归档之后：取消时的面试快照；面试本身与取消申请保留"),
            _older(HistoryRecord, "archived_at"),
            "candidate_id",
            _delete(HistoryRecord),
        ),
        Kind(
            "notes",
            _("取消说明与审核意见"),
            _("申请之后：候选人与审核人写下的文字；原因代码保留"),
            _notes,
            _OF_INTERVIEW,
            _empty_notes,
        ),
        Kind(
            "assessments",
            _("评估分数"),
            _("评分之后：各维度分数及其档案条目"),
            _older(Assessment, "scored_at"),
            _OF_INTERVIEW,
            _forget_scores,
        ),
        Kind(
            "messages",
            _("通知正文与发送记录"),
            _("生成之后：不再等待发送的通知，连同每次发送的记录"),
            lambda company_id, before: _older(Message, "made_at")(company_id, before).exclude(
                state=MessageState.WAITING
            ),
            _RECIPIENT,
            _forget_messages,
        ),
        Kind(
            "events",
            _("AI面试系统推送的原文"),
            _("收到之后：webhook 原文；由它得出的状态保留"),
            _older(InboundEvent, "received_at"),
            _OF_INTERVIEW,
            _delete(InboundEvent),
            lambda: settings.RAINCHECK_KEEP_EVENTS_DAYS,
        ),
        Kind(
            "calls",
            _("对AI面试系统的调用记录"),
            _("调用之后：做了什么、结果与用时"),
            _older(VendorCall, "at"),
            _OF_INTERVIEW,
            _delete(VendorCall),
            lambda: settings.RAINCHECK_KEEP_CALLS_DAYS,
        ),
        Kind(
            "originals",
            _("导入的原始行"),
            _("导入之后：源文件每行的全部单元格；导入的面试保留，同一文件仍不会重复导入"),
            lambda company_id, before: _older(ImportedRow, "run__at")(company_id, before).exclude(
                original_sealed=b""
            ),
            _OF_INTERVIEW,
            _empty_originals,
        ),
        Kind(
            "other_originals",
            _("导入的候选人、投递、岗位与取消申请的原始行"),
            _("导入之后：源文件每行的全部单元格；由它得出的记录保留，同一文件仍不会重复导入"),
            lambda company_id, before: _older(BroughtRow, "run__at")(company_id, before).exclude(
                original_sealed=b""
            ),
            "candidate_id",
            _empty_brought,
        ),
        Kind(
            "before_images",
            _("批次改动前的内容"),
            _("批次之后：不再能回滚"),
            _older(Touched, "batch__at"),
            "",
            _delete(Touched),
        ),
    )
}
