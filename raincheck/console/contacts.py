"""How a candidate is reached, masked, for those who may see even that."""

from raincheck.accounts.abilities import Ability, reach
from raincheck.accounts.identities import open_contacts
from raincheck.core.crypto import mask_email, mask_phone
from raincheck.recruiting.models import Candidate
from raincheck.web.people import Visit


def masked(candidate: Candidate, visit: Visit) -> list[str]:
    """Return the candidate's masked phone number and e-mail address; nothing for who may not see contacts."""
    if reach(visit.actor, Ability.SEE_CONTACTS) is None:
        return []
    contacts = open_contacts(candidate.identity)
    return [text for text in (mask_phone(contacts.phone), mask_email(contacts.email)) if text]
