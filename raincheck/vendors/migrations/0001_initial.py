"""The first tables of the room, walled in from the start."""

import django.db.models.deletion
from django.db import migrations, models

import raincheck.core.ids
from raincheck.core.walls import RaiseWalls, composite_key


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("recruiting", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="VendorAccount",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("adapter", models.CharField(max_length=40)),
                ("base_url", models.URLField(blank=True)),
                ("api_key_sealed", models.BinaryField(null=True)),
                ("webhook_secret_sealed", models.BinaryField(null=True)),
                ("active", models.BooleanField(default=True)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InboundEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_id", models.CharField(max_length=128)),
                ("kind", models.CharField(max_length=60)),
                ("payload", models.JSONField()),
                ("received_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=40)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="vendors.vendoraccount",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VendorCall",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=raincheck.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("cancellation_id", models.UUIDField(null=True)),
                ("operation", models.CharField(max_length=16)),
                ("key", models.CharField(max_length=80)),
                ("outcome", models.CharField(max_length=24)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("milliseconds", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="vendors.vendoraccount",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "interview",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recruiting.interview",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="vendoraccount",
            constraint=models.UniqueConstraint(fields=("company", "name"), name="vendor_account_name_once"),
        ),
        migrations.AddConstraint(
            model_name="inboundevent",
            constraint=models.UniqueConstraint(fields=("account", "event_id"), name="inbound_event_once"),
        ),
        migrations.AddIndex(
            model_name="vendorcall",
            index=models.Index(fields=["interview", "at"], name="vendor_call_timeline"),
        ),
        RaiseWalls(
            ["vendoraccount", "vendorcall", "inboundevent"], looks={"vendoraccount": ["inbound-webhook"]}
        ),
        migrations.RunSQL(
            composite_key("recruiting_interview", "vendor_account_id", "vendors_vendoraccount"),
            migrations.RunSQL.noop,
        ),
    ]
