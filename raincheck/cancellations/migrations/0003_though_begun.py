"""Whether a person has said that a begun interview is to be cancelled."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cancellations', '0002_errands_by_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='cancellation',
            name='though_begun',
            field=models.BooleanField(default=False, help_text='a person, knowing that it had begun, said to cancel it'),
        ),
    ]
