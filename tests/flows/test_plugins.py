"""Adapters of other packages: taken where they are what an adapter must be, else refused by name, and nothing falls."""

import subprocess
import sys

import pytest

from raincheck.doctor import house
from raincheck.doctor.finding import Grade
from raincheck.recruiting.actions import invite
from raincheck.vendors import adapters
from raincheck.vendors.adapters.plugins import plugins
from raincheck.vendors.models import VendorAccount, VendorCall
from tests import plugins as packages
from tests.commands import bare_environment
from tests.commands import raincheck as command
from tests.flows import saga
from tests.flows.test_doctor import examined


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Return a function that looks at what is installed in a folder."""
    monkeypatch.syspath_prepend(tmp_path)
    return lambda: plugins.__wrapped__(frozenset(adapters.REGISTRY))


def reasons(found):
    return {one.name: one.why for one in found.refused}


def test_an_adapter_of_another_package_is_taken_class_or_object(tmp_path, found):
    packages.put(tmp_path, "plug_class", packages.GOOD)
    packages.put(tmp_path, "plug_object", packages.GOOD + "\n\nGOOD = Good()\n", thing="GOOD")
    plugged = found()
    assert plugged.refused == ()
    assert sorted(plugged.adapters) == ["plug_class", "plug_object"]
    assert all(adapter.title == "示例" for adapter in plugged.adapters.values())


@pytest.mark.parametrize(
    ("package", "change", "why"),
    [
        ("plug_syntax", ("class Good:", "class Good"), "SyntaxError"),
        ("plug_gone", ("class Good:", "class Other:"), "AttributeError"),
        ("plug_import", ("class Good:", "import nothing_of_the_kind\nclass Good:"), "ModuleNotFoundError"),
        ("plug_exit", ("class Good:", "raise SystemExit(3)\nclass Good:"), "SystemExit"),
        ("plug_name", ('name = "plug_name"', 'name = "another"'), "name = 'plug_name'"),
        ("plug_title", ('title = "示例"', 'title = ""'), "title"),
        ("plug_can", ("can = Capabilities(", "could = Capabilities("), "can"),
        ("plug_verb", ("def health(", "def wellness("), "health(self, line"),
        ("plug_words", ("ref, *, reason, key", "ref, *, key"), "cancel(self, line"),
        ("plug_places", ("def read(self, line, ref)", "def read(self, line)"), "read(self, line"),
    ],
)
def test_what_is_no_adapter_is_refused_and_says_why(tmp_path, found, package, change, why):
    source = packages.GOOD.replace("{name}", package)
    assert change[0] in source
    packages.put(tmp_path, package, source.replace(*change))
    packages.put(tmp_path, "plug_beside", packages.GOOD)
    plugged = found()
    assert sorted(plugged.adapters) == ["plug_beside"], "one that is broken takes no other along"
    assert why in reasons(plugged)[package]


def test_nobody_takes_the_place_of_a_built_in_one(tmp_path, found):
    packages.put(tmp_path, "plug_thief", packages.GOOD, name="hireflix")
    plugged = found()
    assert plugged.adapters == {}
    assert "built-in" in reasons(plugged)["hireflix"]
    assert [one.package for one in plugged.refused] == ["plug_thief"]


def test_of_two_packages_with_one_name_neither_is_taken(tmp_path, found):
    packages.put(tmp_path, "plug_first", packages.GOOD, name="plug_both")
    packages.put(tmp_path, "plug_second", packages.GOOD, name="plug_both")
    plugged = found()
    assert plugged.adapters == {}
    assert [one.package for one in plugged.refused] == ["plug_first", "plug_second"]


def test_a_name_that_no_address_could_hold_is_refused(tmp_path, found):
    packages.put(tmp_path, "plug_odd", packages.GOOD, name="Plug.Odd")
    assert "the name must be" in reasons(found())["Plug.Odd"]


def test_a_plug_in_can_be_the_first_to_be_imported(tmp_path):
    packages.put(tmp_path, "plug_early", packages.GOOD)
    program = "import plug_early; from raincheck.vendors import adapters; print(sorted(adapters.plugged_in().adapters))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=bare_environment(PYTHONPATH=packages.path_with(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "['plug_early']"


def test_a_broken_one_is_named_by_the_command_the_log_and_the_doctor(
    tmp_path,
    db,
    of_tests,
):
    packages.put(tmp_path, "plug_fine", packages.GOOD)
    packages.put(tmp_path, "plug_broken", "raise ZeroDivisionError\n")
    path = packages.path_with(tmp_path)
    listed = command("vendor", "adapters", PYTHONPATH=path)
    assert listed.returncode == 1
    assert "plug_fine\t示例" in listed.stdout
    assert "hireflix\tHireflix" in listed.stdout
    assert "plug_broken (plug_broken): 无法加载 / can't be loaded: ZeroDivisionError" in listed.stderr
    _, checks = examined(**of_tests, PYTHONPATH=path)
    [finding] = checks["vendor_adapters"]
    assert (finding["status"], "plug_broken" in finding["seen"]["en"]) == ("warn", True)
    # The doctor keeps its log to itself; any other process says it as it starts.
    told = command("company", "list", **of_tests, PYTHONPATH=path)
    assert (told.returncode, "an adapter was refused" in told.stderr) == (0, True)
    assert "plug_broken" in told.stderr


def test_an_account_whose_adapter_is_gone_is_a_fault(here):
    assert [found.grade for found in house.plugged_in()] == [Grade.OK]
    with here.scope():
        VendorAccount.objects.filter(id=here.account.id).update(adapter="uninstalled")
    [found] = house.plugged_in()
    assert (found.grade, f"{here.account.name}: uninstalled" in found.seen.en) == (Grade.FAIL, True)


def test_a_booking_at_a_vendor_whose_adapter_is_gone_is_a_persons(here, drain):
    new = here.book(hours=120, with_vendor=False)
    here.put(new, vendor_account_id=here.account.id)
    here.put(here.account, adapter="uninstalled")
    with here.scope():
        invite(here.fresh(new))
    drain()
    assert saga.tasks_of(here) == ["invite_failed"]
    assert here.count(VendorCall) == 0
