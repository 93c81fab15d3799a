"""Reminders find what is due by the instant that counts, whichever kind of interview it is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_walls_around_addresses'),
        ('recruiting', '0002_positions_without_owner'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='interview',
            index=models.Index(models.F('company'), models.Case(models.When(kind='slot', then=models.F('starts_at')), default=models.F('ends_at')), condition=models.Q(('state', 'scheduled')), name='interview_to_come'),
        ),
    ]
