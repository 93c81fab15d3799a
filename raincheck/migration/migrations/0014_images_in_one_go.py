"""Before-images are made of rows at once, not of each row as JSON first: a quarter less of what undoing a batch keeps."""

from django.db import migrations

from raincheck.migration.rollback.capture import FUNCTION


class Migration(migrations.Migration):
    old_code_copes = "what is kept is the same to the letter; only how the database makes it is another"

    dependencies = [("migration", "0013_mapping_source")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
