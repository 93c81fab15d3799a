"""Whoever looks for a school finds it however it is written, on either side."""

import pytest

from raincheck.recruiting.models import Candidate
from tests.people import text


@pytest.mark.parametrize("written", ["北京大学", "Peking University", "北大"])
@pytest.mark.parametrize("typed", ["北大", "北京大学", "PKU"])
def test_interviews_and_requests_are_found_by_any_spelling_of_the_school(
    here, hr, interview, drain, written, typed
):
    with here.scope():
        Candidate.objects.filter(id=here.candidate.id).update(school=written, name="示例某人")
    here.ask(interview)
    drain()
    assert "示例某人" in text(hr.get("/console/", {"q": typed}))
    assert "示例某人" in text(hr.get("/console/audit/", {"school": typed}))
    assert "示例某人" not in text(hr.get("/console/", {"q": "清华"}))
    assert "示例某人" not in text(hr.get("/console/audit/", {"school": "清华"}))
