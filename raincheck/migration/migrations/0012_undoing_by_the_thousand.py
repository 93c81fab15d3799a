"""What undoing a batch of a hundred thousand rows hangs on: how deletes are checked, and how images are kept."""

from django.db import migrations

from raincheck.core.walls import Restrict

#: The images go uncompressed: packing them took a fifth of an undoing, and they are let go of with their batch.
_AS_THEY_ARE = """
ALTER TABLE migration_touched ALTER COLUMN before SET STORAGE EXTERNAL,
    ALTER COLUMN ids SET STORAGE EXTERNAL, ALTER COLUMN after SET STORAGE EXTERNAL
"""
_AS_USUAL = _AS_THEY_ARE.replace("EXTERNAL", "EXTENDED")


class Migration(migrations.Migration):
    # Keys are written anew one by one, so that nobody waits for more than one table.
    atomic = False
    old_code_copes = "the keys refuse what they refused before, and storage is nobody's business but the server's"

    dependencies = [("migration", "0011_company_by_reference"), ("vendors", "0006_silent_for_long")]

    operations = [migrations.RunSQL(_AS_THEY_ARE, _AS_USUAL), Restrict()]
