"""How a company reminds, and what came of each reminder; the clock looks across companies for what is due."""

import django.db.models.deletion
import raincheck.core.ids
from django.db import migrations, models

from raincheck.core.walls import LetLook, RaiseWalls


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0002_walls_around_addresses'),
        ('recruiting', '0003_interviews_to_come'),
    ]

    operations = [
        migrations.CreateModel(
            name='Habit',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('active', models.BooleanField(default=True)),
                ('leads', models.JSONField(help_text='before which a candidate hears, the longest first')),
                ('interviewer_leads', models.JSONField(help_text='before which interviewers hear, of slots alone')),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.UUIDField()),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('company',), name='habit_once')],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.UUIDField(default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('lead', models.PositiveIntegerField(help_text='in minutes')),
                ('instant', models.DateTimeField(help_text='the start or deadline it reminds of: moved, there is another')),
                ('decided_at', models.DateTimeField()),
                ('told', models.BooleanField()),
                ('answer', models.CharField(blank=True, choices=[('coming', '会参加'), ('other_time', '希望改期')], max_length=12)),
                ('answered_at', models.DateTimeField(null=True)),
                ('wish', models.TextField(blank=True, help_text="when it would suit, in the candidate's words; HR's alone to read")),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
                ('interview', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='recruiting.interview')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('interview', 'lead', 'instant'), name='reminder_once'), models.CheckConstraint(condition=models.Q(('answer', ''), ('answered_at__isnull', False), _connector='OR'), name='reminder_answer_has_its_time')],
            },
        ),
        RaiseWalls(["habit", "reminder"], looks={"habit": ["sweep"], "reminder": ["sweep"]}),
        LetLook("sweep", ["accounts.Company"]),
    ]
