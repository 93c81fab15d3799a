"""The kinds of data a file may hold. Needs no database."""

from enum import StrEnum

from raincheck.migration.words import Words


class Kind(StrEnum):
    """What one row of a file is."""

    INTERVIEWS = "interviews"
    CANDIDATES = "candidates"
    APPLICATIONS = "applications"
    POSITIONS = "positions"
    CANCELLATIONS = "cancellations"


KIND_WORDS = {
    Kind.INTERVIEWS: Words("面试", "interviews"),
    Kind.CANDIDATES: Words("候选人", "candidates"),
    Kind.APPLICATIONS: Words("投递", "applications"),
    Kind.POSITIONS: Words("岗位", "positions"),
    Kind.CANCELLATIONS: Words("取消申请", "cancellations"),
}
