"""A batch of cancellations as a row of its own, since it may be opened part by part."""

import django.db.models.deletion
import raincheck.core.ids
from raincheck.core.walls import RaiseWalls
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_quiet_hours'),
        ('recruiting', '0002_positions_without_owner'),
        ('cancellations', '0004_silent_for_long'),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('reason_code', models.CharField(max_length=40)),
                ('asked_by', models.UUIDField(help_text='staff', null=True)),
                ('opened_at', models.DateTimeField()),
                ('left', models.PositiveIntegerField()),
                ('cancelled', models.PositiveIntegerField(default=0)),
                ('kept', models.PositiveIntegerField(default=0)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
                ('position', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recruiting.position')),
            ],
            options={'abstract': False},
        ),
        migrations.AddIndex(
            model_name='cancellation',
            index=models.Index(condition=models.Q(('batch_id__isnull', False)), fields=['batch_id'], name='cancellation_batch'),
        ),
        RaiseWalls(["batch"]),
    ]
