"""What an account at another vendor needs, and the attempt a call belongs to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_walls_around_addresses'),
        ('recruiting', '0002_positions_without_owner'),
        ('vendors', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='vendoraccount',
            name='answered_at',
            field=models.DateTimeField(help_text='when a test of the connection last went well', null=True),
        ),
        migrations.AddField(
            model_name='vendoraccount',
            name='credentials_sealed',
            field=models.BinaryField(help_text='a JSON object of further credentials', null=True),
        ),
        migrations.AddField(
            model_name='vendoraccount',
            name='failures',
            field=models.PositiveIntegerField(default=0, help_text='calls in a row that got no answer'),
        ),
        migrations.AddField(
            model_name='vendoraccount',
            name='options',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='vendoraccount',
            name='paused_until',
            field=models.DateTimeField(help_text='the breaker is open, or the vendor said wait', null=True),
        ),
        migrations.AddField(
            model_name='vendoraccount',
            name='template',
            field=models.CharField(blank=True, max_length=128),
        ),
        migrations.AddField(
            model_name='vendoraccount',
            name='templates',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='vendoraccount',
            name='trouble',
            field=models.CharField(blank=True, help_text='what the last test or failure said', max_length=200),
        ),
        migrations.AddField(
            model_name='vendorcall',
            name='attempt',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name='vendorcall',
            name='interview',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recruiting.interview'),
        ),
        migrations.AddIndex(
            model_name='vendorcall',
            index=models.Index(fields=['account', 'at'], name='vendor_call_by_account'),
        ),
    ]
