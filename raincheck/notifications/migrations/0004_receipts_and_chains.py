"""What becomes of a message after its hand-over; contact points tried one by one; what can wait, and what is bulk."""

import django.db.models.deletion
import raincheck.core.ids
from raincheck.core.walls import LetLook, RaiseWalls
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_quiet_hours'),
        ('notifications', '0003_channels_choices_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('carrier', models.CharField(max_length=24)),
                ('provider_id', models.CharField(max_length=200)),
                ('outcome', models.CharField(choices=[('delivered', '已送达'), ('failed', '未能送达')], max_length=12)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('company', 'carrier', 'provider_id', 'outcome'), name='receipt_once')],
            },
        ),
        migrations.RemoveConstraint(model_name='delivery', name='delivery_attempt_once'),
        migrations.RemoveConstraint(model_name='delivery', name='delivery_sent_once'),
        migrations.AddField(
            model_name='delivery',
            name='carrier',
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddField(
            model_name='delivery',
            name='confirms',
            field=models.BooleanField(default=False, help_text='its carrier says later what became of it'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='point_id',
            field=models.UUIDField(help_text='the ContactPoint it went to, on channels that have them', null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='receipt',
            field=models.CharField(blank=True, choices=[('delivered', '已送达'), ('failed', '未能送达')], max_length=12),
        ),
        migrations.AddField(
            model_name='delivery',
            name='receipt_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='batch_id',
            field=models.UUIDField(help_text='of many cancellations at once: overtaken by a single one', null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='urgent',
            field=models.BooleanField(default=True, help_text="goes out in the reader's quiet hours, too"),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='state',
            field=models.CharField(choices=[('sent', '成功'), ('retry', '稍后重试'), ('failed', '失败'), ('skipped', '未使用')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('provider_id', ''), _negated=True), fields=['company', 'carrier', 'provider_id'], name='delivery_receipts'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('message', 'channel', 'attempt', 'point_id'), name='delivery_attempt_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'sent')), fields=('message', 'channel', 'point_id'), name='delivery_sent_once', nulls_distinct=False),
        ),
        RaiseWalls(["receipt"]),
        LetLook("inbound-webhook", ["notifications.Message"]),
    ]
