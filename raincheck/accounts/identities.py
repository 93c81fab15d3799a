"""Sealing and opening how a candidate is reached; finding them by keyed hash."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.models import CandidateIdentity, Company
from raincheck.core import crypto
from raincheck.core.crypto import DataKey
from raincheck.core.errors import Invalid
from raincheck.core.ids import new_id


class InvalidPhone(Invalid):
    """The text isn't a phone number that exists."""

    code = "invalid_phone"
    message = _("手机号码格式不正确")
    advice = _("请输入11位手机号；境外号码请以 + 和国家代码开头")


@dataclass(frozen=True)
class Contacts:
    """How to reach one person, in the clear; never logged, never stored like this."""

    phone: str = ""
    email: str = ""
    id_number: str = ""


def normal_phone(text: str, *, region: str = "CN") -> str:
    """Return E.164 (`+8613800000001`); raises InvalidPhone."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone(field="phone") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidPhone(field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_email(text: str) -> str:
    """Return the address as compared: stripped and in lower case."""
    return text.strip().lower()


def phone_hash(company_id: UUID, phone: str) -> bytes:
    """Return the hash by which this E.164 number is found in this company."""
    return crypto.keyed_hash(company_id, "phone", phone)


def new_identity(
    *, company_id: UUID, contacts: Contacts, language: str, timezone: str = ""
) -> CandidateIdentity:
    """Make an (unsaved) identity with a data key of its own and everything sealed under it."""
    identity_id = new_id()
    key = DataKey.create(identity_id)
    hashes = {
        f"{field}_hash": crypto.keyed_hash(company_id, field, value) if value else None
        for field, value in vars(contacts).items()
    }
    sealed = {f"{field}_sealed": key.seal(field, value) for field, value in vars(contacts).items()}
    return CandidateIdentity(
        id=identity_id,
        company_id=company_id,
        data_key=key.wrapped(),
        language=language,
        timezone=timezone,
        **sealed,
        **hashes,
    )


def zone_of(identity: CandidateIdentity, company: Company) -> ZoneInfo:
    """Return the time zone this person reads in."""
    return ZoneInfo(identity.timezone or company.timezone)


def open_contacts(identity: CandidateIdentity) -> Contacts:
    """Open the seal; all empty once the data key is destroyed."""
    if identity.data_key is None:
        return Contacts()
    key = DataKey.unwrap(identity.id, identity.data_key)
    return Contacts(
        phone=key.open("phone", identity.phone_sealed),
        email=key.open("email", identity.email_sealed),
        id_number=key.open("id_number", identity.id_number_sealed),
    )
