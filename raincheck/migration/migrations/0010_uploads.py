"""Files that wait to be imported, in sealed pieces."""

import django.db.models.deletion
import raincheck.core.ids
from django.conf import settings
from django.db import migrations, models

from raincheck.core.walls import RaiseWalls


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_identities_by_mail'),
        ('migration', '0009_other_kinds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('asking', '待确认列'), ('trying', '试算中'), ('tried', '待确认导入'), ('loading', '导入中'), ('broken', '已中断'), ('done', '已完成'), ('gone', '已销毁')], default='asking', max_length=8)),
                ('file_name', models.CharField(max_length=255)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('uploaded_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('data_key', models.BinaryField(help_text='wrapped; destroyed with the file', null=True)),
                ('sheet', models.CharField(blank=True, max_length=255)),
                ('sheets', models.JSONField(default=list)),
                ('proposal_sealed', models.BinaryField(null=True)),
                ('answers', models.JSONField(default=dict)),
                ('asks_order', models.BooleanField(default=False, help_text='whether the order of day and month must be said')),
                ('refusal', models.JSONField(default=dict, help_text="{code, zh, en} of why it didn't go on")),
                ('found_sealed', models.BinaryField(null=True)),
                ('figures', models.JSONField(default=dict, help_text='{rows_in, loaded, rejected, unchanged}')),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('rows_before', models.PositiveIntegerField(default=0)),
                ('begun_at', models.DateTimeField(null=True)),
                ('moved_at', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('batch_id', models.UUIDField(help_text="no reference: it mustn't keep a batch from being undone", null=True)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
                ('uploaded_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='UploadPiece',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('sealed', models.BinaryField()),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
                ('upload', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='pieces', to='migration.upload')),
            ],
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['company', '-uploaded_at'], name='upload_by_time'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['done', 'gone']), ('data_key__isnull', False), _connector='OR'), name='upload_has_its_key'),
        ),
        migrations.AddConstraint(
            model_name='uploadpiece',
            constraint=models.UniqueConstraint(fields=('upload', 'number'), name='upload_piece_once'),
        ),
        RaiseWalls(["upload", "uploadpiece"]),
    ]
