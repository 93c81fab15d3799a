"""Hireflix (docs/reference/vendors.md): GraphQL, invitations by our interview's id, archiving instead of cancelling.

Documented: both mutations, the error types, the four stages, the webhook and its signature. From other people's
code: the query for one interview. Guessed, and so marked [G] below: that it is null where there is none.
"""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from raincheck.vendors.adapters.base import (
    Booking,
    Cancel,
    Capabilities,
    Inbound,
    Line,
    NeedsPerson,
    Permanent,
    Retry,
    Setting,
    Status,
    View,
)
from raincheck.vendors.adapters.names import first_and_last
from raincheck.vendors.adapters.signatures import same
from raincheck.vendors.adapters.wire import Request, as_documented, ask, good

_STATUS = {
    "pending": Status.INVITED,
    "completed": Status.SUBMITTED,
    "to_evaluate": Status.AWAITING_FEEDBACK,
    # Judged, so handed in.
    "shortlisted": Status.AWAITING_FEEDBACK,
}
#: The stage an archive leads to, whatever the candidate had done before.
_DISCARDED = "discarded"
_EXISTS = {"InterviewAlreadyExistsInPositionError", "InterviewExternalIdAlreadyExistsInPositionError"}
_EXCEEDED = "ExceededInvitesThisPeriodError"
_MADE = "InterviewType"
_CANT_MOVE = "Hireflix documents no way to change a deadline: change it in its console"
_LOOK = "archived in Hireflix, of which it isn't known that the candidate's link dies: open the link to see"

_INVITE = (
    "mutation{inviteCandidateToInterview(input:{candidate:{email:%s,firstName:%s,lastName:%s},"
    "positionId:%s,externalId:%s})"
    "{__typename ... on InterviewType{id url{public short}}"
    " ... on InterviewAlreadyExistsInPositionError{message}}}"
)
_ARCHIVE = "mutation{Interview(id:%s){archive(archive:true){id discardedAt}}}"
_READ = "query{interview(id:%s){id status completed url{public short}}}"
_POSITIONS = "query{positions{id name archived}}"


class Hireflix:
    """Hireflix; the account's address is the GraphQL one, such as https://api.hireflix.com/me."""

    name = "hireflix"
    title = "Hireflix"
    can = Capabilities(
        cancel=Cancel.ARCHIVE,
        webhook_signature="hmac-sha256-base64",
        needs_contacts=True,
        options=(
            Setting(
                "archive_ends_link",
                "已确认归档后候选人链接失效（填 yes）",
                "yes, once you have seen that a link is dead after archiving",
                needed=False,
            ),
        ),
    )

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """Invite by e-mail to the account's position. One that is there already can't be looked up: a person's."""
        if not booking.email or not booking.template:
            raise NeedsPerson("Hireflix needs the candidate's e-mail and the account's position (template)")
        names = first_and_last(booking.candidate_name)
        given = (booking.email, *names, booking.template, str(booking.external_id))
        made = _call(line, "invite", _INVITE, given, key=key)["inviteCandidateToInterview"]
        kind = as_documented(lambda data: str(data["__typename"]), made)
        if kind in _EXISTS:
            lost = " (perhaps by an attempt whose answer was lost)" if booking.again else ""
            raise NeedsPerson(
                f"the candidate has an interview in this Hireflix position already{lost}: look there"
            )
        if kind == _EXCEEDED:
            raise NeedsPerson("Hireflix has no invitations left in this period")
        if kind != _MADE:
            raise Permanent(f"not invited: {kind[:60]}" if kind.isalnum() else "not the documented shape")
        return as_documented(
            lambda data: View(str(data["id"]), "pending", Status.INVITED, link=str(data["url"]["public"])),
            made,
        )

    def read(self, line: Line, ref: str) -> View | None:
        """Ask for one interview; None where it is null [G]."""
        found = as_documented(lambda data: data["interview"], _call(line, "read", _READ, (ref,)))
        return None if found is None else as_documented(lambda data: _view(line, data), found)

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """Refuse: interviews are listed by position only, and an account doesn't name all of them."""
        raise NeedsPerson("Hireflix lists interviews by position only: compare in its console")

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """Archive, then look: the answer to an archive doesn't tell what the candidate has done meanwhile.

        Unless the account has it confirmed that an archive ends the link, a person has to look, too.
        """
        data = _call(line, "cancel", _ARCHIVE, (ref,), key=key)
        if as_documented(lambda data: data["Interview"], data) is None:
            return None
        as_documented(lambda data: data["Interview"]["archive"]["id"], data)
        view = self.read(line, ref)
        if view is None or view.status is Status.CANCELLED:
            return view
        if view.status.handed_in:
            raise Permanent("handed in before it was archived")
        if view.word != _DISCARDED:
            raise Retry("said to be archived, yet it isn't")
        raise NeedsPerson(_LOOK)

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Refuse: no such call is documented."""
        raise NeedsPerson(_CANT_MOVE)

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Verify `x-hireflix-signature` over the raw bytes. Events bear neither id nor instant: ask what is now."""
        right = base64.b64encode(hmac.digest(line.webhook_secret.encode(), body, "sha256")).decode()
        same(right if line.webhook_secret else "", headers.get("x-hireflix-signature", ""))
        return as_documented(lambda raw: _event(json.loads(raw), now), body)

    def health(self, line: Line) -> None:
        """Ask for the positions."""
        as_documented(lambda data: list(data["positions"]), _call(line, "health", _POSITIONS, ()))


def _call(
    line: Line, operation: str, document: str, given: Sequence[str], *, key: str = ""
) -> Mapping[str, Any]:
    """Make a GraphQL call and return its data; raises Permanent, with their code, where it came to errors."""
    # A GraphQL string is written as JSON's is; text never becomes part of the document.
    query = document % tuple(json.dumps(value, ensure_ascii=False) for value in given)
    headers = {"X-API-KEY": line.api_key}
    answer = ask(line, Request(operation, "POST", "", headers, {"query": query}, key=key), code=_code)
    found = good(answer, code=_code)
    if found.get("errors"):
        raise Permanent("refused by Hireflix")
    data: Mapping[str, Any] = as_documented(lambda data: dict(data["data"]), found)
    return data


def _code(answer: Mapping[str, Any]) -> object:
    return answer["errors"][0]["extensions"]["code"]


def _view(line: Line, data: Mapping[str, Any]) -> View:
    word, completed = str(data["status"]), data["completed"] is not None
    status = _STATUS.get(word, Status.UNMAPPED)
    if word == _DISCARDED and completed:
        status = Status.SUBMITTED
    elif word == _DISCARDED and line.options.get("archive_ends_link") == "yes":
        status = Status.CANCELLED
    return View(str(data["id"]), word, status, link=str(data["url"]["public"]))


def _event(event: Mapping[str, Any], now: datetime) -> Inbound:
    data = event["data"]
    return Inbound("", str(event["event"]), str(data["externalId"] or ""), None, now, ref=str(data["id"]))
