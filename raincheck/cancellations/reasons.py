"""The preset reasons a new company begins with; it may change them afterwards."""

from uuid import UUID

from raincheck.cancellations.models import Reason

#: code, zh, en, category, candidate may choose, staff may choose, what it leads to
PRESETS = (
    ("time_conflict", "时间冲突", "Schedule conflict", "personal", True, True, "to_rebook"),
    ("health", "身体不适", "Not feeling well", "personal", True, True, "to_rebook"),
    ("emergency", "家中或个人急事", "Personal or family emergency", "personal", True, True, "to_rebook"),
    ("technical", "设备或网络问题", "Device or network trouble", "technical", True, True, "to_rebook"),
    ("other_offer", "已接受其他录用", "Accepted another offer", "career", True, True, "withdrawn"),
    ("not_interested", "不再考虑该岗位", "No longer interested", "career", True, True, "withdrawn"),
    ("position_frozen", "岗位冻结或调整", "Position frozen or changed", "company", False, True, "pooled"),
    ("position_filled", "岗位已招满", "Position filled", "company", False, True, "pooled"),
    (
        "interviewer_unavailable",
        "面试官时间冲突",
        "Interviewer unavailable",
        "company",
        False,
        True,
        "to_rebook",
    ),
    ("vendor_outage", "AI面试系统故障", "AI interview system outage", "technical", False, True, "to_rebook"),
    ("other", "其他原因", "Another reason", "personal", True, True, "to_rebook"),
)


def install(company_id: UUID) -> None:
    """Give a company the presets; what it has already stays as it is."""
    Reason.objects.bulk_create(
        [
            Reason(
                company_id=company_id,
                code=code,
                label_zh=zh,
                label_en=en,
                category=category,
                for_candidate=candidate,
                for_staff=staff,
                leads_to=leads_to,
                position=place,
            )
            for place, (code, zh, en, category, candidate, staff, leads_to) in enumerate(PRESETS)
        ],
        ignore_conflicts=True,
    )
