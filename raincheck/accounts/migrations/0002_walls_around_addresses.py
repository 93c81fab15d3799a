"""allauth keeps staff addresses in a table of its own that knows no company: wall it in by its user."""

from django.db import migrations

_SEEN = "EXISTS (SELECT 1 FROM accounts_staff WHERE accounts_staff.id = user_id)"
_SEEN_MAIL = "EXISTS (SELECT 1 FROM account_emailaddress WHERE account_emailaddress.id = email_address_id)"


def _wall(table: str, rule: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY company_wall ON {table} USING ({rule}) WITH CHECK ({rule})",
        ],
        f"DROP POLICY company_wall ON {table}",
    )


class Migration(migrations.Migration):
    """Whoever sees the member of staff, sees their address: the staff table's own wall decides."""

    dependencies = [("accounts", "0001_initial"), ("account", "0009_emailaddress_unique_primary_email")]
    operations = [_wall("account_emailaddress", _SEEN), _wall("account_emailconfirmation", _SEEN_MAIL)]
