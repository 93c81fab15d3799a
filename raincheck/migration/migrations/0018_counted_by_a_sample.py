"""Tables are counted anew by a sample, and only in the columns rows are looked up by: a tenth of what it took.

How large tables and companies are is all that an import's look-ups are planned by. Of a table that was analysed in
some columns the server goes on counting what has changed, so that autovacuum makes the full statistics in its time.
"""

from django.db import migrations

_COLUMNS = {
    "accounts_candidateidentity": "id, company_id, phone_hash, email_hash, id_number_hash",
    "recruiting_candidate": "id, company_id, identity_id, name",
    "recruiting_application": "id, company_id, candidate_id, position_id",
    "recruiting_interview": "id, company_id, application_id, state, starts_at, ends_at",
    "migration_importedrow": "id, company_id, fingerprint, interview_id, run_id",
    "migration_broughtrow": "id, company_id, fingerprint, run_id, candidate_id, subject_id",
    "migration_candidatekey": "id, company_id, key_hash, candidate_id",
    "cancellations_cancellation": "id, company_id, interview_id, state, reason_id",
    "archive_historyrecord": "id, company_id, interview_id, cancellation_id, candidate_id, position_id, department_id",
    "archive_talentprofile": "id, company_id, candidate_id",
    "archive_profileentry": "id, company_id, profile_id, kind, subject_id",
}
_FUNCTION = """
CREATE OR REPLACE FUNCTION migration_count_anew() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp{sampled} AS $body$ BEGIN ANALYZE {tables}; END $body$
"""
_NOW = _FUNCTION.format(
    sampled=" SET default_statistics_target = 10",
    tables=", ".join(f"{table} ({columns})" for table, columns in _COLUMNS.items()),
)
_BEFORE = _FUNCTION.format(sampled="", tables=", ".join(_COLUMNS))


class Migration(migrations.Migration):
    old_code_copes = "the function does the same under the same name, by a smaller sample"

    dependencies = [("migration", "0017_export_erasures")]

    operations = [migrations.RunSQL(_NOW, _BEFORE)]
