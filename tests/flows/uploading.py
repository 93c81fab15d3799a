"""Uploading a file as HR does, step by step, for the stories about imports in the console."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile

from raincheck.core.scope import company_scope
from raincheck.migration.uploads.models import Upload

NEW = "/console/batches/imports/new/"
HEAD = "姓名,手机号,应聘岗位,部门,面试时间,状态\n"
ZONE = "Asia/Shanghai"


def lines(count, *, first=1):
    """Return so many good rows."""
    return "".join(
        f"示例{n},{13_700_000_000 + n},工程师,研发部,2031-05-{1 + n % 28:02} 10:00,待面试\n"
        for n in range(first, first + count)
    )


def send(browser, data, *, name="list.csv", **more):
    """Send a file; return the answer."""
    content = data if isinstance(data, bytes) else data.encode()
    return browser.post(NEW, {"file": SimpleUploadedFile(name, content)}, **more)


def sent(browser, data, *, name="list.csv"):
    """Send a file that is taken; return the address of its page."""
    answer = send(browser, data, name=name)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def upload_of(here):
    """Return the company's latest upload."""
    with company_scope(here.company.id):
        return Upload.objects.order_by("-uploaded_at").first()


def form_of(page):
    """Return what the page's form about columns holds, as a browser would send it."""
    fields = {}
    for name, options in re.findall(
        r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        first = re.search(r'<option(?: value="([^"]*)")?>([^<]*)', options)
        found = chosen or first
        fields[name] = (found[1] if found[1] is not None else found[2]) if found else ""
    return fields


def tried(browser, here, drain, data, *, name="list.csv", **said):
    """Send a file, answer as proposed and as said, have it tried; return the address of its page."""
    path = sent(browser, data, name=name)
    form = form_of(browser.get(path).content.decode())
    answer = browser.post(f"{path}columns/", {**form, "timezone": ZONE, **said})
    assert answer.status_code == 302, answer.content.decode()
    drain()
    return path


def loaded(browser, here, drain, data, **more):
    """Send a file and have it loaded; return its upload."""
    path = tried(browser, here, drain, data, **more)
    assert browser.post(f"{path}load/").status_code == 302
    drain()
    return upload_of(here)
