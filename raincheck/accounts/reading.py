"""The language somebody is written to in: theirs to choose, whatever list or invitation they came by."""

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.models import CandidateIdentity, Language, Staff
from raincheck.core.errors import Invalid


class UnknownLanguage(Invalid):
    """No message is written in it."""

    code = "unknown_language"
    message = _("请选择一种语言")


def read_in(*, person: CandidateIdentity | Staff, language: str) -> None:
    """Write to somebody in this language from now on; what is written already stays. Raises UnknownLanguage."""
    if language not in Language.values:
        raise UnknownLanguage(field="language")
    person.language = language
    person.save(update_fields=["language"])
