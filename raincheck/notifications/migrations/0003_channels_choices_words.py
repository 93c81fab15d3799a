"""Carriers of a company's own, where people are reached, and what a company chooses to say to whom."""

import django.db.models.deletion
import raincheck.core.ids
from raincheck.core.walls import RaiseWalls
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_walls_around_addresses'),
        ('notifications', '0002_messages_of_an_interview'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='channels',
            field=models.JSONField(help_text='ways it goes out on: a name goes at once, a list of names is tried in turn until one reaches'),
        ),
        migrations.CreateModel(
            name='ChannelAccount',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(max_length=16)),
                ('carrier', models.CharField(max_length=24)),
                ('options', models.JSONField(default=dict, help_text='plain settings: signature, region, template codes')),
                ('secrets_sealed', models.BinaryField(help_text='a JSON object', null=True)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('company', 'channel'), name='channel_account_one_in_force')],
            },
        ),
        migrations.CreateModel(
            name='Choice',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('event', models.CharField(max_length=40)),
                ('recipient', models.CharField(max_length=16)),
                ('on', models.BooleanField(default=True)),
                ('channels', models.JSONField()),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('company', 'event', 'recipient'), name='choice_once')],
            },
        ),
        migrations.CreateModel(
            name='ContactPoint',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('recipient_kind', models.CharField(choices=[('candidate', '候选人'), ('staff', '员工')], max_length=12)),
                ('recipient_id', models.UUIDField()),
                ('channel', models.CharField(max_length=16)),
                ('address_sealed', models.BinaryField()),
                ('address_hash', models.BinaryField(max_length=32)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.CharField(blank=True, max_length=24)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['recipient_id', 'channel'], name='contact_point_of')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('company', 'channel', 'address_hash'), name='contact_point_once')],
            },
        ),
        migrations.CreateModel(
            name='OptOut',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('recipient_kind', models.CharField(choices=[('candidate', '候选人'), ('staff', '员工')], max_length=12)),
                ('recipient_id', models.UUIDField()),
                ('topic', models.CharField(max_length=24)),
                ('at', models.DateTimeField()),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('recipient_id', 'topic'), name='opt_out_once')],
            },
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('template', models.CharField(max_length=60)),
                ('language', models.CharField(max_length=8)),
                ('title', models.TextField()),
                ('body', models.TextField()),
                ('sms', models.TextField()),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.UUIDField()),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('company', 'template', 'language'), name='wording_once')],
            },
        ),
        RaiseWalls(
            ["channelaccount", "contactpoint", "choice", "wording", "optout"],
            looks={"channelaccount": ["inbound-webhook"]},
        ),
    ]
