"""A row that is always within another of its company is held there by that reference's composite key alone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # Nothing that the key said isn't said by the reference's composite key (HeldRow).
    old_code_copes = "a key and an index that others imply go; whoever writes rows writes them as before"

    dependencies = [
        ('accounts', '0005_identities_by_mail'),
        ('recruiting', '0003_interviews_to_come'),
    ]

    operations = [
        migrations.AlterField(
            model_name='application',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='candidate',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='interview',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name="application",
            name="candidate",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="applications", to="recruiting.candidate"),
        ),
    ]
