"""What the SMS carriers have in common; those of China besides: templates, and reports nobody signs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from raincheck.notifications.channels import reports, templates
from raincheck.notifications.channels.base import Account, Call, Channel, Repeats, Setting, Shape, Told


class Sms:
    """An SMS carrier with an account of the company's own, that says later what became of a message."""

    channel = Channel.SMS
    confirms = True
    verified_against_live = False


class TemplateSms(Sms, ABC):
    """A Chinese one. Its report is proven by the address it comes to; the key in it keeps no repeat away."""

    repeats = Repeats.TRACEABLE
    #: Where a report holds the id that `send` returned, and the code of a failure.
    report_id: str
    report_code: str

    def hear(self, call: Call, account: Account) -> list[Told]:
        """Read a report. Raises NotUnderstood."""
        return [
            reports.told(
                one, id_field=self.report_id, delivered=self.arrived(one), code_field=self.report_code
            )
            for one in reports.objects(call)
        ]

    @abstractmethod
    def arrived(self, report: Mapping[str, Any]) -> bool:
        """Say whether a report is of a message that arrived."""


def endpoint(default: str) -> Setting:
    """Return the setting for another address of a carrier: a relay, a test."""
    return Setting("endpoint", "接口地址", "Endpoint", needed=False, shape=Shape.HOST, default=default)


#: The templates as registered, and how long a variable of theirs may be.
TEMPLATES = (
    Setting("templates", "短信模板", "Templates", shape=Shape.TEMPLATES),
    Setting(
        "longest", "变量最长字符数", "Most characters a variable",
        needed=False, shape=Shape.NUMBER, default=str(templates.LONGEST),
    ),
)  # fmt: skip
