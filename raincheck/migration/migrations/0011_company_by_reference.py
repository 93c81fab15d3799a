"""A row that is always within another of its company is held there by that reference's composite key alone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # Nothing that the key said isn't said by the reference's composite key (HeldRow).
    old_code_copes = "a key that another one implies goes; whoever writes rows writes them as before"

    dependencies = [
        ('accounts', '0005_identities_by_mail'),
        ('migration', '0010_uploads'),
    ]

    operations = [
        migrations.AlterField(
            model_name='candidatekey',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='importedrow',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='touched',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
    ]
