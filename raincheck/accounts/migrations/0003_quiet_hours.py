"""When people aren't to be disturbed by what can wait."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_walls_around_addresses'),
    ]

    operations = [
        migrations.AddField(
            model_name='company',
            name='quiet_from',
            field=models.TimeField(default='22:00', help_text="by the reader's clock; the same as quiet_to: never quiet"),
        ),
        migrations.AddField(
            model_name='company',
            name='quiet_to',
            field=models.TimeField(default='08:00'),
        ),
    ]
