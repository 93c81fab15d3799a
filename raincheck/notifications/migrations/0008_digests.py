"""What staff hear of together: the interviews of a batch."""

import django.db.models.deletion
import raincheck.core.ids
from raincheck.core.walls import RaiseWalls
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_quiet_hours'),
        ('notifications', '0007_words_keep'),
    ]

    operations = [
        migrations.CreateModel(
            name='DigestItem',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('batch_id', models.UUIDField()),
                ('entry_id', models.UUIDField(help_text="the audit entry of the cancellation's end")),
                ('interview_id', models.UUIDField()),
                ('digest_id', models.UUIDField(null=True)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'indexes': [models.Index(fields=['batch_id'], name='digest_item_batch'), models.Index(fields=['interview_id'], name='digest_item_interview')],
                'constraints': [models.UniqueConstraint(fields=('company', 'entry_id'), name='digest_item_once')],
            },
        ),
        RaiseWalls(["digestitem"]),
    ]
