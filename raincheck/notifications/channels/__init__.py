"""One folder a channel, deletable as a folder; `REGISTRY` names what is installed."""

from raincheck.notifications.channels.base import Channel
from raincheck.notifications.channels.in_app.channel import InApp
from raincheck.notifications.channels.sms_sandbox.channel import SmsSandbox
from raincheck.notifications.channels.smtp.channel import Smtp

REGISTRY: dict[str, Channel] = {channel.name: channel for channel in (InApp(), Smtp(), SmsSandbox())}
