"""Imports in parts: how far a run is, what it was asked with, and the rows that wait for a person."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls, composite_key


#: What grows with an import, so that its own look-ups are planned by how large it is and not by how large it was.
TABLES = (
    "accounts_candidateidentity",
    "recruiting_candidate",
    "recruiting_application",
    "recruiting_interview",
    "migration_importedrow",
    "migration_candidatekey",
    "cancellations_cancellation",
    "archive_historyrecord",
    "archive_talentprofile",
    "archive_profileentry",
)
#: The run-time role owns no table and may not count one; it may have these counted.
FUNCTION = f"""
CREATE FUNCTION migration_count_anew() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$ BEGIN ANALYZE {", ".join(TABLES)}; END $body$
"""


class Migration(migrations.Migration):
    # The release before was still unpublished when this was written.
    old_code_copes = "no installation was out there yet: no table is large, and nobody imports while this runs"

    dependencies = [
        ("accounts", "0003_quiet_hours"),
        ("archive", "0001_initial"),
        ("cancellations", "0001_initial"),
        ("migration", "0007_dual_track"),
        ("recruiting", "0003_interviews_to_come"),
    ]

    operations = [
        migrations.AddField(
            "importrun",
            "batch",
            models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="migration.batch",
            ),
        ),
        migrations.AddField(
            "importrun",
            "state",
            models.CharField(
                choices=[("running", "进行中"), ("done", "已完成")], db_default="done", default="done", max_length=8
            ),
        ),
        migrations.AddField(
            "importrun",
            "position",
            models.PositiveIntegerField(db_default=0, default=0, help_text="as a spreadsheet counts, from 1"),
        ),
        migrations.AddField("importrun", "rows_total", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddField("importrun", "terms", models.JSONField(db_default={}, default=dict)),
        migrations.AddField("importrun", "counts", models.JSONField(db_default={}, default=dict)),
        migrations.AddField("importrun", "checksum", models.CharField(blank=True, db_default="", max_length=64)),
        migrations.AddField("importrun", "data_key", models.BinaryField(null=True)),
        migrations.AddField(
            "importedrow",
            "made_application",
            models.BooleanField(db_default=False, default=False, help_text="whether its run made the application"),
        ),
        migrations.CreateModel(
            name="QuarantinedRow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("number", models.PositiveIntegerField(help_text="as a spreadsheet counts, from 1")),
                (
                    "codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                (
                    "sealed",
                    models.BinaryField(
                        help_text="[pairs, rejections] as JSON; gone once settled", null=True
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "待处理"), ("loaded", "已载入"), ("discarded", "已舍弃")],
                        default="open",
                        max_length=12,
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, help_text="why it was discarded", max_length=500),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.UUIDField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run_id", "number"), name="quarantined_row_once")
                ],
            },
        ),
        RaiseWalls(["quarantinedrow"]),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION migration_count_anew()"),
        *[
            migrations.RunSQL(statement, migrations.RunSQL.noop)
            for statement in composite_key("migration_importrun", "batch_id", "migration_batch")
        ],
    ]
