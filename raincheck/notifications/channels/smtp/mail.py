"""The mail an envelope becomes: text, HTML where there is any, and calendars as calendar programs look for them.

    multipart/mixed
      multipart/alternative
        text/plain
        text/html
        text/calendar; method=…        what Outlook, Google and 飞书 act on
      application/ics                  the same as a file, for Apple and whoever opens attachments

A digest speaks of several appointments. A message bears one method and, to be understood everywhere, one UID, so each
stands as a part of its own beside the text (RFC 6047).
"""

from email import encoders
from email.message import Message
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from raincheck.notifications.calendars.invitations import method_of
from raincheck.notifications.channels.base import Envelope


class Mail(EmailMultiAlternatives):
    """A mail whose calendars travel in base64: a relay that breaks or re-wraps a line would break them."""

    def message(self) -> Message:  # type: ignore[override] # Django's own class, which is one
        """Build the MIME message."""
        made: Message = super().message()
        for part in made.walk():
            if part.get_content_type() == "text/calendar":
                del part["Content-Transfer-Encoding"]
                encoders.encode_base64(part)
        return made


def message_id(envelope: Envelope) -> str:
    """Return the Message-ID: made from the key, so that a repeat can be told from a second mail."""
    return f"<{envelope.key}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition('@')[2]}>"


def mail_of(envelope: Envelope) -> Mail:
    """Return the mail that says what the envelope holds."""
    mail = Mail(
        subject=" ".join(envelope.title.splitlines()),
        body=envelope.body + _foot(envelope),
        to=[envelope.address],
        headers={
            "Message-ID": message_id(envelope),
            "Auto-Submitted": "auto-generated",
            **_leaving(envelope),
        },
    )
    if envelope.html:
        mail.attach_alternative(envelope.html, "text/html")
    if envelope.calendar:
        mail.attach_alternative(envelope.calendar, _kind(envelope.calendar))
        mail.attach("invite.ics", envelope.calendar.encode(), 'application/ics; name="invite.ics"')
    attach_calendars(mail, envelope.calendars)
    return mail


def _leaving(envelope: Envelope) -> dict[str, str]:
    """Return the headers by which a mail program has its own button for it (RFC 2369, 8058)."""
    there = envelope.facts.get("unsubscribe")
    if not there:
        return {}
    return {
        "List-Unsubscribe": f"<{there}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _foot(envelope: Envelope) -> str:
    there = envelope.facts.get("unsubscribe")
    if not there:
        return ""
    words = (
        "不再接收这类邮件：" if envelope.language.startswith("zh") else "Don't want these mails any more: "
    )
    return f"\n\n-- \n{words}{there}"


def attach_calendars(mail: Mail, calendars: tuple[str, ...]) -> None:
    """Put each of these iTIP messages, of one UID each, beside the text as a part of its own."""
    for number, text in enumerate(calendars, start=1):
        name = f"invite-{number}.ics"
        mail.attach(name, text, f'{_kind(text)}; name="{name}"')


def _kind(text: str) -> str:
    # The character set is added where the part is made.
    return f"text/calendar; method={method_of(text)}"
