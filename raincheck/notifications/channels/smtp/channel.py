"""E-mail. The Message-ID is made from the message's key, so that a repeat can be told from a second mail."""

import smtplib

from raincheck.notifications.channels.base import (
    Account,
    Channel,
    Envelope,
    OursToMend,
    Repeats,
    Retry,
    Setting,
    Undeliverable,
)
from raincheck.notifications.channels.smtp.lines import LINES
from raincheck.notifications.channels.smtp.mail import mail_of, message_id

_PERMANENT = 500
#: A wrong password or sender is no fault of the recipient's: it is mended, and the mail still goes.
NOT_THE_RECIPIENTS = (
    smtplib.SMTPSenderRefused,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
)


class Smtp:
    """Many mails a connection: a lost one costs that mail alone."""

    name = "smtp"
    title = "SMTP 邮件 E-mail"
    channel = Channel.EMAIL
    settings: tuple[Setting, ...] = ()
    repeats = Repeats.TRACEABLE
    confirms = False
    verified_against_live = False

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand the mail to the server. Raises Retry, Undeliverable."""
        mail = mail_of(envelope)
        try:
            LINES.send(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((reply[0] for reply in error.recipients.values()), default=_PERMANENT)
            raise (Undeliverable if code >= _PERMANENT else Retry)(f"recipient refused ({code})") from error
        except smtplib.SMTPAuthenticationError as error:
            raise OursToMend(f"SMTP {error.smtp_code}") from error
        except NOT_THE_RECIPIENTS as error:
            raise (OursToMend if error.smtp_code >= _PERMANENT else Retry)(
                f"SMTP {error.smtp_code}"
            ) from error
        except smtplib.SMTPResponseException as error:
            raise (Undeliverable if error.smtp_code >= _PERMANENT else Retry)(
                f"SMTP {error.smtp_code}"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Retry(f"mail server unreachable ({type(error).__name__})") from error
        return message_id(envelope)
