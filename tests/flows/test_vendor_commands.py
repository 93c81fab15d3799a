"""What an operator can ask of the vendors at a shell."""

import pytest

from raincheck.installation import environment
from raincheck.vendors import adapters, gates
from raincheck.vendors.models import VendorAccount, VendorCall
from tests.commands import raincheck as command
from tests.flows import saga
from tests.flows.test_gates import account_of, fail


@pytest.fixture
def run(home, here):
    """Return a function that types a vendor command about the company's account."""
    names = ("DATABASE_URL", "RAINCHECK_SECRET_KEY", "RAINCHECK_MASTER_KEY", "RAINCHECK_HOME")
    settings = {name: value for name, value in environment(home).items() if name in names}
    settings["RAINCHECK_PRIVATE_NETWORKS"] = "127.0.0.0/8"

    def type_it(verb, *, account=here.account.name):
        return command("vendor", verb, "--company", here.company.slug, "--account", account, **settings)

    return type_it


def seal(here, field, value):
    with here.scope():
        account = VendorAccount.objects.get(id=here.account.id)
        account.seal(field, value)
        account.save()


def test_every_adapter_is_listed_with_what_it_can_do_and_needs():
    done = command("vendor", "adapters")
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.split("\t")[0] for line in done.stdout.splitlines() if not line.startswith("  ")]
    assert names == sorted(adapters.REGISTRY)
    described = dict(zip(names, _described(done.stdout), strict=True))
    assert "取消 / cancel: delete" in described["spark_hire"]
    assert "列表 / lists: 是 yes" in described["spark_hire"]
    assert "template 职位编号（job UUID） / the job (its UUID)" in described["spark_hire"]
    assert "options.question_set（可选 / optional）" in described["spark_hire"]
    assert "credentials.access_id" in described["leapin"]
    assert "depends on an account's options" in described["configured"]
    assert all("verified against the live service: 否 no" in text for text in described.values())


def _described(printed):
    """Return what is indented below each name."""
    found = []
    for line in printed.splitlines():
        if line.startswith("  "):
            found[-1] += line + "\n"
        else:
            found.append("")
    return found


def test_a_good_connection_ends_with_0_and_is_kept(run, here):
    done = run("test")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{here.account.name}: 连接正常 / it answered" in done.stdout
    assert account_of(here).answered_at is not None
    with here.scope():
        assert list(VendorCall.objects.values_list("operation", "outcome")) == [("health", "ok")]


def test_a_bad_one_ends_with_1_and_says_why(run, here):
    seal(here, "api_key", "wrong-key")
    done = run("test")
    assert (done.returncode, done.stdout) == (1, "")
    account = account_of(here)
    assert account.trouble
    assert "测试未通过 / the test failed" in done.stderr
    assert account.trouble in done.stderr
    assert "wrong-key" not in done.stderr


def test_a_test_that_goes_well_ends_a_pause(run, here):
    fail(here, times=gates.FAILURES)
    shown = run("show").stdout
    assert f"without an answer\t{gates.FAILURES}" in shown
    assert "unreachable (ReadTimeout)" in shown
    assert run("test").returncode == 0
    assert saga.tasks_of(here) == []
    shown = run("show").stdout
    assert "without an answer\t0" in shown
    assert "left alone until\t-" in shown


def test_all_of_an_account_is_shown_but_its_secrets(run, here, vendor):
    with here.scope():
        account = VendorAccount.objects.get(id=here.account.id)
        account.options, account.template = {"declaration": "a\nb\n", "region": "cn"}, "job-1"
        account.seal("credentials", '{"access_id": "a-secret-word"}')
        account.seal("webhook_secret", "another-secret-word")
        account.save()
    run("reconcile")
    run("test")
    done = run("show")
    assert (done.returncode, done.stderr) == (0, "")
    for said in (
        "simulated  云面（模拟）",
        "cancel: revoke",
        vendor.url,
        f"/hooks/simulated/{here.account.id}/",
        "api_key, webhook_secret, access_id",
        "options.region\tcn",
        "options.declaration\t2 行 / lines",
        "template\tjob-1",
        "对方 / there",
        "health\tok\t200",
    ):
        assert said in done.stdout, said
    for secret in (vendor.key, "a-secret-word", "another-secret-word"):
        assert secret not in done.stdout


def test_an_account_whose_adapter_is_gone_can_still_be_looked_at(run, here):
    with here.scope():
        VendorAccount.objects.filter(id=here.account.id).update(adapter="uninstalled")
    assert "uninstalled  未安装 / not installed" in run("show").stdout
    done = run("test")
    assert (done.returncode, "no adapter is installed" in done.stderr) == (1, True)


@pytest.mark.parametrize("verb", ["show", "test"])
def test_what_is_not_there_is_said_in_both_languages(run, verb):
    done = run(verb, account="没有的账号")
    assert done.returncode == 1
    assert "没有找到" in done.stderr
    assert "(没有的账号)" in done.stderr
