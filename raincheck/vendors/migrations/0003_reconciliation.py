"""The report of a reconciliation; and the clock that starts them may look whose turn it is."""

import django.db.models.deletion
import raincheck.core.ids
from django.db import migrations, models

from raincheck.core.walls import LetLook, RaiseWalls


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_walls_around_addresses'),
        ('vendors', '0002_accounts_and_calls'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('trigger', models.CharField(choices=[('schedule', 'schedule'), ('staff', 'staff'), ('command', 'command')], max_length=8)),
                ('requested_by', models.UUIDField(null=True)),
                ('requested_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(help_text='when it last got on')),
                ('finished_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('ok', '双方一致'), ('differences', '存在差异'), ('suspicious', '对方列表可疑'), ('failed', '对账未完成')], max_length=12)),
                ('reason', models.CharField(blank=True, help_text='why it failed', max_length=200)),
                ('singly', models.BooleanField(default=False, help_text='the vendor lists nothing: read one by one')),
                ('pages', models.PositiveIntegerField(default=0)),
                ('rows_there', models.PositiveIntegerField(default=0)),
                ('rows_here', models.PositiveIntegerField(default=0)),
                ('checksum_there', models.CharField(blank=True, max_length=16)),
                ('checksum_here', models.CharField(blank=True, max_length=16)),
                ('counts', models.JSONField(default=dict)),
                ('gone_on_reread', models.PositiveIntegerField(default=0)),
                ('unchecked', models.PositiveIntegerField(default=0, help_text='more than are read again in one run')),
                ('repaired', models.PositiveIntegerField(default=0)),
                ('tasks_opened', models.PositiveIntegerField(default=0)),
                ('tasks_closed', models.PositiveIntegerField(default=0)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vendors.vendoraccount')),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'indexes': [models.Index(fields=['account', '-requested_at'], name='reconciliation_last')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('account',), name='reconciliation_one_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('outcome', '')), models.Q(('finished_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='reconciliation_ends_with_outcome')],
            },
        ),
        RaiseWalls(["reconciliation"], looks={"reconciliation": ["sweep"]}),
        LetLook("sweep", ["vendors.VendorAccount"]),
    ]
