"""A mail as HTML: the same words as the plain one, nothing fetched, no name that turns into markup."""

import re
from html.parser import HTMLParser

from raincheck.notifications import letter, words
from raincheck.notifications.models import Message
from raincheck.notifications.variables import SPEECHES, VARIABLES
from raincheck.recruiting.models import Candidate, Position

EVIL = "<img src=x onerror=alert(1)>&\"'"


class _Page(HTMLParser):
    """Collects a page's tags, its links, and what it says."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.sources, self.text, self._hidden = [], [], [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._hidden += tag in {"style", "title"}
        given = dict(attrs)
        self.links += [given["href"]] if "href" in given else []
        self.sources += [given[name] for name in ("src", "background", "srcset") if name in given]

    def handle_endtag(self, tag):
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self._hidden:
            self.text.append(data)


def html_of(template, language="zh-hans", **facts):
    params = {name: VARIABLES[name].example for name in SPEECHES[template].may} | facts
    message = Message(
        template=template,
        language=language,
        timezone="Asia/Shanghai",
        params=params,
        recipient_kind="candidate" if template.startswith("candidate") else "staff",
    )
    return letter.html(message, words.Words().say(message)), words.Words().say(message)


def squeezed(text):
    return re.sub(r"\s+", "", text)


def test_every_mail_says_in_html_what_it_says_in_plain_text():
    for template in SPEECHES:
        for language in ("zh-hans", "en"):
            html, plain = html_of(template, language)
            page = _Page(html)
            said = squeezed("".join(page.text))
            for line in filter(None, plain.body.splitlines()):
                assert squeezed(line) in said or line in page.links, (template, language, line)
            assert f'lang="{language}"' in html
            assert (page.sources, "script" in page.tags, "img" in page.tags) == ([], False, False)
            assert "url(" not in html
            assert "{" not in "".join(page.text)


def test_a_name_stays_a_name(here, outbox, drain):
    with here.scope():
        Candidate.objects.filter(id=here.candidate.id).update(name=EVIL)
        Position.objects.filter(id=here.position.id).update(title="<b>岗</b>")
    here.ask(here.book(hours=100))
    drain()
    mails = outbox.mail()
    assert len(mails) == 3
    for mail in mails:
        page = _Page(mail["html"])
        assert "img" not in page.tags
        assert "b" not in page.tags
        assert "<b>岗</b>" in "".join(page.text)
        assert "<b>岗</b>" in mail["text"]


def test_the_button_is_the_link_and_a_line_that_speaks_of_it_is_none():
    html, _ = html_of("candidate_scheduled", link="https://hr.example/c/x/")
    assert _Page(html).links == ["https://hr.example/c/x/"] * 2
    html, _ = html_of("candidate_asked", link="javascript:alert(1)")
    assert "javascript:" not in html


def test_who_may_leave_finds_the_way_out_and_nobody_else_does():
    html, _ = html_of("candidate_reminder", unsubscribe="https://hr.example/leave/")
    assert "https://hr.example/leave/" in _Page(html).links
    html, _ = html_of("candidate_cancelled")
    assert "不再接收" not in html


def test_it_reads_in_the_dark():
    html, _ = html_of("candidate_cancelled")
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
