"""The two made-up vendors of the howtos: one like HireVue's fragments, one that answers 200 to everything."""

import re
from datetime import datetime
from typing import Any

from tests.declared.server import Call, Record, Refusal, Reply, Vendor

_NAMES = {"invited": 0, "started": 1, "finished": 2, "withdrawn": 3, "closed": 4}
_OVER = ("finished", "withdrawn", "closed")


class First(Vendor):
    """docs/howto/connect-hirevue.md."""

    def route(self, call: Call) -> Reply:
        place = call.path.removeprefix("/api/v1/")
        if found := re.fullmatch(r"positions/(\d+)/interviews/", place):
            return self._invite(call, found[1])
        if place == "interviews/" and call.method == "GET":
            return self._list(call)
        if found := re.fullmatch(r"interviews/([\w-]+)/(withdraw/)?", place):
            record = self.interviews.get(found[1])
            if record is None:
                raise Refusal(404, "no such interview")
            if found[2] and call.method == "PUT":
                return self._withdraw(call, record)
            if not found[2] and call.method == "GET":
                return Reply(200, shown(record))
        raise Refusal(405, "not documented")

    def _invite(self, call: Call, position: str) -> Reply:
        asked = call.json(
            "firstName", "lastName", "email", "language", "suppressCandidateNotifications", "candidateExitUrl"
        )
        right = asked["language"] in ("zh_CN", "en_US") and asked["suppressCandidateNotifications"] is False
        if call.method != "POST" or not right or "@" not in asked["email"] or not asked["lastName"]:
            raise Refusal(422, "not documented")
        record = self.book({**asked, "position": position})
        return Reply(201, {"interviewId": record.id, "code": f"c{record.id}"})

    def _list(self, call: Call) -> Reply:
        if set(call.query) not in (set(), {"page", "size"}):
            raise Refusal(422, "not documented")
        page, size = int(call.query.get("page", "1")), min(int(call.query.get("size", "2")), 2)
        every = [shown(record) for record in self.interviews.values()]
        return Reply(200, {"results": every[(page - 1) * size : page * size]})

    def _withdraw(self, call: Call, record: Record) -> Reply:
        record.about["reason"] = call.json("reason")["reason"]
        if record.state in ("withdrawn", "closed"):
            raise Refusal(410, "gone")
        if record.state == "finished":
            raise Refusal(409, "finished")
        self.move(record, "withdrawn")
        return Reply(200, {})


def shown(record: Record) -> dict[str, Any]:
    """Show an interview as the first vendor does."""
    return {"interviewId": record.id, "state": record.state}


class Second(Vendor):
    """docs/howto/connect-iflytek.md: refusals are codes in a 200, but for the signature's."""

    def route(self, call: Call) -> Reply:
        if (call.method, call.path) == ("GET", "/v1/ping"):
            return _said({})
        if (call.method, call.path) == ("POST", "/v1/interviews"):
            return self._invite(call)
        if (call.method, call.path) == ("GET", "/v1/interviews"):
            offset, limit = int(call.query["offset"]), int(call.query["limit"])
            every = list(self.interviews.values())
            return _said({"items": [detail(record) for record in every[offset : offset + min(limit, 2)]]})
        found = re.fullmatch(r"/v1/interviews/([\w-]+)(/cancel|/time)?", call.path)
        if not found or call.method != ("POST" if found[2] else "GET") or call.query:
            raise Refusal(405, "not documented")
        record = self.interviews.get(found[1])
        if record is None:
            return Reply(200, {"code": 40400, "message": "no such interview"})
        return self._change(call, record, found[2]) if found[2] else _said(detail(record))

    def _invite(self, call: Call) -> Reply:
        asked = call.json("jobId", "outerId", "name", "mobile", "beginTime", "endTime")
        _times(asked)
        if not re.fullmatch(r"\+86\d{11}", asked["mobile"]) or not call.headers.get("x-request-key"):
            raise Refusal(422, "not documented")
        known = [r for r in self.interviews.values() if r.about["key"] == call.headers["x-request-key"]]
        record = known[0] if known else self.book({**asked, "key": call.headers["x-request-key"]})
        return _said(detail(record))

    def _change(self, call: Call, record: Record, what: str) -> Reply:
        if what == "/time":
            record.about |= _times(call.json("beginTime", "endTime"))
            self.move(record, record.state)
            return _said(detail(record))
        record.about["reason"] = call.json("reason")["reason"]
        if record.state in _OVER:
            return Reply(200, {"code": 40900 if record.state == "finished" else 41000})
        self.move(record, "withdrawn")
        return _said(detail(record))


def detail(record: Record) -> dict[str, Any]:
    """Show an interview as the second vendor does."""
    return {
        "interviewId": record.id,
        "state": _NAMES[record.state],
        "url": f"https://interviews.example.com/{record.id}",
        "outerId": record.about["outerId"],
        "beginTime": record.about["beginTime"],
        "endTime": record.about["endTime"],
        "version": record.version,
        "scores": record.scores,
    }


def _said(data: Any) -> Reply:
    return Reply(200, {"code": 0, "data": data})


def _times(asked: dict[str, Any]) -> dict[str, Any]:
    for name in ("beginTime", "endTime"):
        datetime.strptime(f"{asked[name]}+0800", "%Y-%m-%d %H:%M:%S%z")
    return asked
