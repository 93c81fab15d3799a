"""Two indexes go whose columns another one has, too: every imported row was written into both."""

import django.db.models.deletion
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    old_code_copes = "what it looks up by these columns it finds by the index that stays, of the reference or the constraint"

    # So that an import that is under way is waited for without keeping everybody else waiting.
    atomic = False

    dependencies = [("migration", "0019_mapping_timezone")]

    operations = [
        RemoveIndexConcurrently(model_name="broughtrow", name="brought_by_candidate"),
        migrations.AlterField(
            model_name="batch",
            name="reverses",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="migration.batch",
            ),
        ),
    ]
