"""A reminder that a cancel overtook is neither sent nor failed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_receipts_and_chains'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='state',
            field=models.CharField(choices=[('waiting', '发送中'), ('sent', '已送达'), ('failed', '未送达'), ('dropped', '无需发送')], default='waiting', max_length=8),
        ),
    ]
