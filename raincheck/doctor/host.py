"""Checks of this host and of what stands around it. They need no database."""

import shutil
import smtplib
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings

from raincheck.doctor.finding import Finding, Grade, Said, graded
from raincheck.doctor.place import Place
from raincheck.runtime.postgres_place import database_folder

GIGABYTE = 1024**3
#: With less free space than this somebody should act today, and at once.
SCARCE, FULL = 5.0, 1.0
PATIENCE = 3.0
_USUAL_ZONES = 300


def disk(place: Place) -> Iterable[Finding]:
    """Look at the space left where data and temporary files go, each file system once."""
    wanted = [place.home.root, Path(tempfile.gettempdir())]
    if place.embedded:
        wanted.append(database_folder(place.home))
    seen = set()
    for folder in wanted:
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if (device := there.stat().st_dev) not in seen:
            seen.add(device)
            yield _space(there)


def _space(folder: Path) -> Finding:
    total, _, free = shutil.disk_usage(folder)
    left = free / GIGABYTE
    said = f"{left:.1f} GB ({free / total:.0%})"
    return Finding(
        "disk",
        graded(-left, warn=-SCARCE, fail=-FULL),
        Said(f"{folder} 剩余 {said}", f"{folder} has {said} left"),
        Said("请清理或扩容磁盘", "free some space, or add to it"),
    )


def zones() -> Iterable[Finding]:
    """See that times can be said in people's zones."""
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        todo = Said("请安装 tzdata", "install tzdata")
        return [Finding("time_zones", Grade.FAIL, Said("没有时区数据", "there is no time-zone data"), todo)]
    known = len(available_timezones())
    grade = Grade.OK if known > _USUAL_ZONES else Grade.WARN
    said = Said(f"{known} 个时区", f"{known} zones known")
    return [Finding("time_zones", grade, said, Said("请更新 tzdata", "renew tzdata"))]


def mail() -> Iterable[Finding]:
    """Reach the mail server and hear its greeting; nothing is sent."""
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=PATIENCE) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        said = Said(
            f"{where} 不可达（{type(error).__name__}）", f"{where} can't be reached ({type(error).__name__})"
        )
        todo = Said("请检查 RAINCHECK_SMTP_* 与邮件服务器", "check RAINCHECK_SMTP_* and the mail server")
        return [Finding("mail", Grade.FAIL, said, todo)]
    return [Finding("mail", Grade.OK, Said(f"{where} 可达", f"{where} answers"))]


def sms() -> Iterable[Finding]:
    """See that an SMS gateway is set, and that somebody listens there."""
    url = settings.RAINCHECK_SMS_URL
    if not url:
        said = Said(
            "未设置短信网关，候选人收不到验证码", "no gateway is set: candidates get no sign-in codes"
        )
        return [Finding("sms", Grade.WARN, said, Said("请设置 RAINCHECK_SMS_URL", "set RAINCHECK_SMS_URL"))]
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=PATIENCE).close()
    except OSError as error:
        said = Said(f"{parts.netloc} 不可达", f"{parts.netloc} can't be reached ({type(error).__name__})")
        todo = Said("请检查 RAINCHECK_SMS_URL 与网络", "check RAINCHECK_SMS_URL and the network")
        return [Finding("sms", Grade.FAIL, said, todo)]
    return [Finding("sms", Grade.OK, Said(f"{parts.netloc} 可达", f"{parts.netloc} answers"))]
