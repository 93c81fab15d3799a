"""What a migration does to code that doesn't know of it yet, and goes on running while it is applied."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.commands import CHECKOUT

#: In SQL of our own: what takes something away, narrows it, or keeps everybody waiting while it looks at all rows.
_HARSH = re.compile(
    r"\b(DROP|RENAME|TRUNCATE|REVOKE|SET\s+NOT\s+NULL|ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE|LOCK\s+TABLE"
    r"|ADD\s+CONSTRAINT(?!.*NOT\s+VALID)|CREATE\s+(UNIQUE\s+)?INDEX(?!\s+CONCURRENTLY)|CREATE\s+TRIGGER|DELETE\s+FROM"
    r"|UPDATE\s+\w+\s+SET)\b",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS = {"choices", "verbose_name", "help_text", "default", "blank", "validators", "db_default"}


@dataclass(frozen=True)
class Release:
    """The code that runs out there: its commit, and each app's last migration."""

    commit: str
    last: dict[str, str]


def last_release() -> Release:
    """Read deploy/last-release."""
    text = (CHECKOUT / "deploy" / "last-release").read_text("utf-8")
    lines = dict(line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return Release(lines.pop("commit"), lines)


def newer(release: Release) -> list[tuple[migrations.Migration, ProjectState]]:
    """Return each of our migrations that the release doesn't know, with the state it is applied to, in order."""
    loader = MigrationLoader(None)
    plan = loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True)
    ours = set(release.last) | {key[0] for key in plan if _is_ours(loader, key)}
    known = {key for key in plan if key[0] not in ours or key[1] <= release.last.get(key[0], "")}
    found, state = [], ProjectState()
    for key in [*(key for key in plan if key in known), *(key for key in plan if key not in known)]:
        migration = loader.get_migration(*key)
        if key not in known:
            found.append((migration, state.clone()))
        state = migration.mutate_state(state, preserve=False)
    return found


def _is_ours(loader: MigrationLoader, key: tuple[str, str]) -> bool:
    return loader.get_migration(*key).__module__.startswith("raincheck.")


def harsh(migration: migrations.Migration, before: ProjectState, released: set[tuple[str, str]]) -> list[str]:
    """Return what code of the last release wouldn't live through, in words; `released` are the tables it knows."""
    if getattr(migration, "old_code_copes", ""):
        return []
    found, state = [], before.clone()
    replaced = {one.name for one in migration.operations if isinstance(one, migrations.RemoveConstraint)}
    for operation in migration.operations:
        found += _harsh(operation, migration.app_label, state, released, replaced)
        operation.state_forwards(migration.app_label, state)
    return found


def _harsh(
    one: Operation, app: str, state: ProjectState, released: set[tuple[str, str]], replaced: set[str]
) -> Iterator[str]:
    model = (app, str(getattr(one, "model_name", getattr(one, "name", ""))).lower())
    match one:
        case migrations.RunPython():
            yield f"{app}: RunPython can do anything"
        case migrations.RunSQL():
            yield from (f"{app}: SQL with {word}" for word in _words(one, released))
        case migrations.SeparateDatabaseAndState():
            for inner in one.database_operations:
                yield from _harsh(inner, app, state, released, replaced)
        case migrations.AlterField() if model in released:
            yield from _narrowed(one, state.models[model].get_field(one.name))
        case migrations.AddConstraint() if one.constraint.name in replaced:
            return
        case _ if model in released and (why := _taken(one)):
            yield f"{one.describe()}: {why}"


_GONE = (migrations.DeleteModel, migrations.RenameModel, migrations.RemoveField, migrations.RenameField)


def _taken(one: Operation) -> str:
    """Say what an operation on a table that is in use takes from those who use it; `""` for nothing."""
    if isinstance(one, _GONE):
        return "old code still asks for it"
    if isinstance(one, migrations.AddConstraint):
        return "old code may write what it forbids"
    if isinstance(one, migrations.AddIndex) and not isinstance(one, AddIndexConcurrently):
        return "nobody writes while it is built: AddIndexConcurrently"
    if isinstance(one, migrations.AddField) and not (one.field.null or one.field.has_db_default()):
        return "old code's inserts don't name it: null=True or db_default"
    return ""


def _narrowed(one: migrations.AlterField, old: Any) -> Iterator[str]:
    before, after = old.deconstruct(), one.field.deconstruct()
    was, is_now = (
        {k: v for k, v in kwargs.items() if k not in _HARMLESS} for kwargs in (before[3], after[3])
    )
    wider = {"null"} if one.field.null else set()
    if (is_now.get("max_length") or 0) >= (was.get("max_length") or 0):
        wider.add("max_length")
    differ = {name for name in was | is_now if was.get(name) != is_now.get(name)}
    if before[1] != after[1] or differ - wider:
        yield f"{one.describe()}: old code may write what no longer fits"


def _words(one: migrations.RunSQL, released: set[tuple[str, str]]) -> Iterator[str]:
    statements = one.sql if isinstance(one.sql, list | tuple) else [one.sql]
    tables = {f"{app}_{model}" for app, model in released}
    for statement in statements:
        text = re.sub(r"--[^\n]*", "", str(statement[0] if isinstance(statement, tuple) else statement))
        # What is done to a table that this release brings harms nobody who doesn't know it.
        if any(re.search(rf"\b{table}\b", text) for table in tables):
            yield from (match.group(0) for match in _HARSH.finditer(text))


def tables_of(release: Release) -> set[tuple[str, str]]:
    """Return (app, model) of every table that the release knows."""
    state = MigrationLoader(None).project_state([(app, name) for app, name in release.last.items()])
    return set(state.models)
