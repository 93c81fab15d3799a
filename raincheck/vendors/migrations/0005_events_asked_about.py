"""Which interview an event is about, and when the vendor was asked because of it."""

import django.db.models.deletion
from django.db import migrations, models

from raincheck.core.walls import composite_key


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_walls_around_addresses'),
        ('recruiting', '0002_positions_without_owner'),
        ('vendors', '0004_gates'),
    ]

    operations = [
        migrations.AddField(
            model_name='inboundevent',
            name='asked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='inboundevent',
            name='interview',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recruiting.interview'),
        ),
        migrations.RunSQL(
            composite_key('vendors_inboundevent', 'interview_id', 'recruiting_interview'),
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name='inboundevent',
            index=models.Index(fields=['interview', 'asked_at'], name='inbound_event_asked'),
        ),
        migrations.AddIndex(
            model_name='inboundevent',
            index=models.Index(fields=['account', 'received_at'], name='inbound_event_by_account'),
        ),
    ]
