"""One folder a carrier, deletable as a folder; `CARRIERS` names what is installed."""

from raincheck.notifications.channels.base import Carrier, Channel
from raincheck.notifications.channels.in_app.channel import InApp
from raincheck.notifications.channels.sms_sandbox.channel import SmsSandbox
from raincheck.notifications.channels.smtp.channel import Smtp

CARRIERS: dict[str, Carrier] = {carrier.name: carrier for carrier in (InApp(), Smtp(), SmsSandbox())}

#: Who carries a channel for a company that has chosen nobody.
HOUSE: dict[Channel, str] = {
    Channel.IN_APP: "in_app",
    Channel.EMAIL: "smtp",
    Channel.SMS: "sms_sandbox",
}
