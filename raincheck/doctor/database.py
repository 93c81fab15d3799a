"""Checks of the database itself: there, roomy, up to date, its walls standing, its clock right."""

import statistics
import time
from collections.abc import Iterable

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from raincheck.doctor.finding import Finding, Grade, Said, graded
from raincheck.doctor.place import Place
from raincheck.operations.sql import rows
from raincheck.upkeep import OLDEST_SERVER

SLOW_MS, VERY_SLOW_MS = 50.0, 500.0
CROWDED, FULL = 0.80, 0.95
SKEW_SECONDS, BAD_SKEW_SECONDS = 1.0, 5.0


def reachable(place: Place) -> Iterable[Finding]:
    """Connect, and ask for version, pace and connections in use."""
    try:
        [(version, major)] = rows(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000"
        )
    except DatabaseError as error:
        yield _unreachable(place, error)
        return
    paces = []
    for _ in range(5):
        begun = time.perf_counter()
        rows("SELECT 1")
        paces.append(1000 * (time.perf_counter() - begun))
    pace = statistics.median(paces)
    said = f"PostgreSQL {version}, {pace:.1f} ms"
    grade = max(
        graded(pace, warn=SLOW_MS, fail=VERY_SLOW_MS), Grade.OK if major >= OLDEST_SERVER else Grade.FAIL
    )
    todo = Said(
        "请检查数据库负载与网络；需 PostgreSQL 16 以上",
        "check its load and the network; 16 or later is needed",
    )
    yield Finding("database", grade, Said(said, said), todo)
    yield _room()


def _unreachable(place: Place, error: DatabaseError) -> Finding:
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if place.embedded and place.instance is None:
        todo = Said(
            "没有在运行：raincheck serve（演示用 make demo）",
            "it isn't running: raincheck serve, or make demo",
        )
    elif place.embedded:
        todo = Said("正在启动或已损坏，请看 server.log", "it is starting, or broken; look into server.log")
    else:
        todo = Said("请检查 DATABASE_URL、网络与数据库服务", "check DATABASE_URL, the network and the server")
    return Finding("database", Grade.FAIL, Said(f"无法连接：{line}", f"can't connect: {line}"), todo)


def _room() -> Finding:
    [(used, most, size)] = rows(
        "SELECT (SELECT sum(numbackends) FROM pg_stat_database), current_setting('max_connections')::int,"
        " pg_size_pretty(pg_database_size(current_database()))"
    )
    said = Said(f"连接 {used}/{most}，数据 {size}", f"{used} of {most} connections, {size} of data")
    todo = Said(
        "请减小 RAINCHECK_DB_POOL 或调大 max_connections", "lower RAINCHECK_DB_POOL or raise max_connections"
    )
    return Finding("connections", graded(used / most, warn=CROWDED, fail=FULL), said, todo)


def migrations() -> Iterable[Finding]:
    """See whether the schema is the one this release wants."""
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return [Finding("migrations", Grade.OK, Said("数据库结构是最新的", "the schema is up to date"))]
    first = f"{plan[0][0].app_label}.{plan[0][0].name}"
    said = Said(f"有 {len(plan)} 个迁移未执行（{first} …）", f"{len(plan)} not applied ({first} …)")
    return [
        Finding("migrations", Grade.FAIL, said, Said("请执行 raincheck migrate", "run raincheck migrate"))
    ]


def walls() -> Iterable[Finding]:
    """See that row-level security binds us: an unprivileged role that owns nothing, every company's table walled."""
    [(role, privileged, owned)] = rows(
        "SELECT current_user, rolsuper OR rolbypassrls, (SELECT count(*) FROM pg_class"
        " WHERE relowner = r.oid AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace)"
        " FROM pg_roles r WHERE rolname = current_user"
    )
    bare = [
        name
        for (name,) in rows(
            "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT (relrowsecurity AND relforcerowsecurity) AND EXISTS (SELECT FROM pg_attribute a"
            " WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped) ORDER BY 1"
        )
    ]
    wrong = []
    if privileged:
        wrong.append(
            Said(f"{role} 是超级用户或可绕过行级安全", f"{role} is a superuser or bypasses row security")
        )
    if owned:
        wrong.append(Said(f"{role} 拥有 {owned} 张表", f"{role} owns {owned} tables"))
    if bare:
        names = ", ".join(bare)
        wrong.append(Said(f"未隔离的表：{names}", f"tables without a wall: {names}"))
    if not wrong:
        said = Said("企业间隔离有效", f"companies are held apart ({role} is unprivileged)")
        return [Finding("walls", Grade.OK, said)]
    said = Said("；".join(one.zh for one in wrong), "; ".join(one.en for one in wrong))
    todo = Said(
        "请按 docs/howto/install.md 建立两个数据库角色", "make the two roles as docs/howto/install.md says"
    )
    return [Finding("walls", Grade.FAIL, said, todo)]


def clock() -> Iterable[Finding]:
    """Compare this host's clock with the database's: deadlines are set by one and waited for by the other."""
    before = timezone.now()
    [(there,)] = rows("SELECT clock_timestamp()")
    after = timezone.now()
    # Within the time the question took, nobody can tell.
    skew = max((there - after).total_seconds(), (before - there).total_seconds(), 0.0)
    said = Said(f"与数据库相差 {skew:.1f} 秒", f"{skew:.1f} s apart from the database's")
    todo = Said("请在两台主机上启用时间同步（NTP）", "have both hosts keep time by NTP")
    return [Finding("clock", graded(skew, warn=SKEW_SECONDS, fail=BAD_SKEW_SECONDS), said, todo)]
