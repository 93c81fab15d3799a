"""Rows of other kinds of lists are counted anew with the rest: not counted, a company's were all read for each look-up."""

from django.db import migrations

_TABLES = (
    "accounts_candidateidentity",
    "recruiting_candidate",
    "recruiting_application",
    "recruiting_interview",
    "migration_importedrow",
    "migration_broughtrow",
    "migration_candidatekey",
    "cancellations_cancellation",
    "archive_historyrecord",
    "archive_talentprofile",
    "archive_profileentry",
)
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION migration_count_anew() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$ BEGIN ANALYZE {", ".join(_TABLES)}; END $body$
"""


class Migration(migrations.Migration):
    old_code_copes = "it counts one table more, under the same name"

    dependencies = [("migration", "0014_images_in_one_go")]

    operations = [migrations.RunSQL(_FUNCTION, migrations.RunSQL.noop)]
