"""A migration operation that raises the second wall around an app's tables.

For every model with a `company` column: row-level security, enabled and forced (so that the owner is
held too), a policy that leaves one company's rows, and for each reference to another such table a
composite foreign key, so that a row can't even point into another company. Where a look-up comes before
the company is known, a second policy opens the table to that one purpose, for looking only.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

if TYPE_CHECKING:
    from django.db.migrations.state import StateApps

_MINE = "NULLIF(current_setting('raincheck.company', true), '')::uuid"
_PURPOSE = "current_setting('raincheck.system', true)"
Purposes = Mapping[str, Sequence[str]]


class RaiseWalls(Operation):
    """Wall in the named models.

    `looks` names, for a model, the purposes (`core.scope.Purpose`) whose system scope may read all of it;
    `touches` those whose scope may also change a row, as signing in does with a password's hash.
    """

    reversible = True

    def __init__(
        self, models: list[str], looks: Purposes | None = None, touches: Purposes | None = None
    ) -> None:
        self.models = models
        self.looks = looks or {}
        self.touches = touches or {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave Django's model state alone: walls are the database's."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Build the walls."""
        for name in self.models:
            model = to_state.apps.get_model(app_label, name)
            openings = [
                *_opening(model, "SELECT", self.looks.get(name, ())),
                *_opening(model, "UPDATE", self.touches.get(name, ())),
            ]
            for statement in [*_security(model), *openings, *_keys(model)]:
                schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take the policies away; the tables themselves go with the migration that made them."""
        apps: StateApps = from_state.apps
        for name in self.models:
            table = apps.get_model(app_label, name)._meta.db_table
            for policy in ("company_wall", "system_select", "system_update"):
                schema_editor.execute(f'DROP POLICY IF EXISTS {policy} ON "{table}"')

    def describe(self) -> str:
        """Say what it does, for `migrate --plan`."""
        return f"Raise the wall between companies around {', '.join(self.models)}"


class LetLook(Operation):
    """Open tables that are walled in already to one more purpose, for looking only.

    `tables` are labels such as `"cancellations.Cancellation"`, of apps whose walls stand by then.
    """

    reversible = True

    def __init__(self, purpose: str, tables: Sequence[str]) -> None:
        self.purpose = purpose
        self.tables = tables

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave Django's model state alone: walls are the database's."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Add the policies."""
        for label in self.tables:
            table = to_state.apps.get_model(label)._meta.db_table
            rule = f"{_PURPOSE} = '{self.purpose}'"
            schema_editor.execute(f'CREATE POLICY {self._policy} ON "{table}" FOR SELECT USING ({rule})')

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take the policies away again."""
        for label in self.tables:
            table = from_state.apps.get_model(label)._meta.db_table
            schema_editor.execute(f'DROP POLICY IF EXISTS {self._policy} ON "{table}"')

    def describe(self) -> str:
        """Say what it does, for `migrate --plan`."""
        return f"Let the purpose {self.purpose} look at {', '.join(self.tables)}"

    @property
    def _policy(self) -> str:
        return f"look_{self.purpose.replace('-', '_')}"


class Restrict(Operation):
    """Have the composite keys that stand already say RESTRICT, as `composite_key` writes them now.

    One by one, each checked while others go on writing: for a migration that isn't atomic. One that was broken off is
    gone on with.
    """

    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave Django's model state alone: walls are the database's."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Write each key anew."""
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_LENIENT)
            found = cursor.fetchall()
        for table, name, definition in found:
            anew = definition.removesuffix(" NOT VALID").removesuffix(" ON DELETE RESTRICT")
            schema_editor.execute(
                f'ALTER TABLE {table} DROP CONSTRAINT "{name}",'
                f' ADD CONSTRAINT "{name}" {anew} ON DELETE RESTRICT NOT VALID'
            )
            schema_editor.execute(f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"')

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Leave them: what they refuse is the same."""

    def describe(self) -> str:
        """Say what it does, for `migrate --plan`."""
        return "Have references within a company restrict what is deleted"


_LENIENT = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conname LIKE '%\\_wall' AND NOT condeferrable AND (confdeltype = 'a' OR NOT convalidated)
ORDER BY 1, 2
"""


def _security(model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    column = "id" if model._meta.model_name == "company" else "company_id"
    rule = f"{column} = {_MINE}"
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY company_wall ON "{table}" USING ({rule}) WITH CHECK ({rule})',
    ]


def ask_once(table: str) -> tuple[str, str]:
    """Return the SQL that has a wall ask once a statement, not for each row, who may look; and the SQL that undoes it.

    Beside the price, the planner then reckons with a company of usual size. Of one that its statistics don't know it
    thinks there are no rows, that any index which begins with the company is as good as the right one, and reads all
    of the company for each row it looks up.
    """
    change = 'ALTER POLICY company_wall ON "{0}" USING (company_id = {1}) WITH CHECK (company_id = {1})'
    return change.format(table, f"(SELECT {_MINE})"), change.format(table, _MINE)


def _opening(model: type[models.Model], command: str, purposes: Sequence[str]) -> list[str]:
    if not purposes:
        return []
    table = model._meta.db_table
    rule = f"{_PURPOSE} IN ({', '.join(repr(purpose) for purpose in purposes)})"
    return [f'CREATE POLICY system_{command.lower()} ON "{table}" FOR {command} USING ({rule})']


def _keys(model: type[models.Model]) -> list[str]:
    statements = []
    for field in model._meta.local_fields:
        target = field.related_model
        # Only references made by `within` leave the constraint to us; the company of a `HeldRow` they hold as well.
        if not isinstance(target, type) or getattr(field, "db_constraint", True) or field.name == "company":
            continue
        statements += composite_key(model._meta.db_table, str(field.column), target._meta.db_table)
    return statements


def composite_key(table: str, column: str, target: str) -> list[str]:
    """Return the SQL that ties (company_id, column) of `table` to (company_id, id) of `target`."""
    return [
        f'CREATE UNIQUE INDEX IF NOT EXISTS "{target}_wall" ON "{target}" (company_id, id)',
        (
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{column}_wall" FOREIGN KEY (company_id, "{column}")'
            # As strict as NO ACTION of a key that can't be deferred, and half the price where many rows are deleted.
            f' REFERENCES "{target}" (company_id, id) ON DELETE RESTRICT'
        ),
    ]
