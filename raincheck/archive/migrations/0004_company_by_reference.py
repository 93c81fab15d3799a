"""The company of these rows is held by what they are within; whoever looks for them is asked once who they are."""

import django.db.models.deletion
from django.db import migrations, models

from raincheck.core.walls import ask_once


class Migration(migrations.Migration):
    # Nothing that the key said isn't said by the reference's composite key (HeldRow).
    old_code_copes = "a key and an index that others imply go; whoever writes rows writes them as before"

    dependencies = [
        ('accounts', '0005_identities_by_mail'),
        ('archive', '0003_data_requests'),
    ]

    operations = [
        migrations.AlterField(
            model_name='historyrecord',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='profileentry',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='talentprofile',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name="profileentry",
            name="profile",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="archive.talentprofile"),
        ),
        *[
            migrations.RunSQL(*ask_once(table))
            for table in ("archive_historyrecord", "archive_talentprofile", "archive_profileentry")
        ],
    ]
