"""The main job, end to end: a candidate cancels, and everyone and every system knows."""

from raincheck.archive.models import HistoryRecord, TalentProfile
from raincheck.audit.catalogue import Action
from raincheck.cancellations.models import Agreement, State
from raincheck.notifications.models import Message


def test_a_candidate_cancels_in_time_and_everyone_and_every_system_knows(
    here, interview, vendor, outbox, drain
):
    cancellation = here.ask(interview)
    assert cancellation.state == State.PROCESSING
    drain()
    cancellation = here.fresh(cancellation)
    assert (cancellation.state, cancellation.agreement) == (State.COMPLETED, Agreement.AGREED)
    assert here.fresh(interview).state == "cancelled"
    assert vendor.effects()[interview.vendor_ref] == 1
    assert here.count(HistoryRecord) == here.count(TalentProfile) == 1
    told = [Action.REQUESTED, Action.AGREED, Action.MOVED, Action.COMPLETED]
    assert here.entries(interview=interview) == told
    bodies = [sms["body"] for sms in outbox.sms(here.phone())]
    assert any("我们将在15分钟内处理" in body for body in bodies)
    assert any("已成功取消" in body for body in bodies)
    mails = {mail["to"] if isinstance(mail["to"], str) else mail["to"][0] for mail in outbox.mail()}
    assert mails == {here.email(), here.staff["interviewer"].email, here.staff["recruiter"].email}
    assert here.count(Message, state="waiting") == 0
