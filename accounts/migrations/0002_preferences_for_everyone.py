"""Logins that exist without preferences get email on and text off, for each feature (P2, P5).

What a login has chosen already is never touched, and running this again changes nothing. Organizations without a
row for a feature get one that is off: nobody turned it on for them, and from now on a platform admin can (O1, O5).
"""

from django.db import migrations
from django.db.models import Count, F
from django.db.models.functions import Coalesce, Now

# As of this migration: a feature added later comes with a migration of its own.
FEATURES = ("appointments", "messages", "invoices", "homework")
BATCH = 500  # logins or organizations; each batch is a transaction


def preferences_for_everyone(apps, schema_editor):
    preference = apps.get_model("accounts", "Preference")
    database = schema_editor.connection.alias
    incomplete = (
        apps.get_model("accounts", "Login")
        .objects.using(database)
        .annotate(chosen=Count("preferences"), since=Coalesce(F("active_since"), Now()))
        .filter(chosen__lt=len(FEATURES))
        .order_by("pk")
    )
    for logins in in_batches(incomplete):
        preference.objects.using(database).bulk_create(
            [
                preference(
                    organization_id=login.organization_id, login_id=login.pk, feature=feature, email_since=login.since
                )
                for login in logins
                for feature in FEATURES
            ],
            ignore_conflicts=True,
        )


def toggles_for_every_organization(apps, schema_editor):
    toggle = apps.get_model("accounts", "FeatureToggle")
    database = schema_editor.connection.alias
    incomplete = (
        apps.get_model("accounts", "Organization")
        .objects.using(database)
        .annotate(known=Count("toggles"))
        .filter(known__lt=len(FEATURES))
        .order_by("pk")
    )
    for organizations in in_batches(incomplete):
        toggle.objects.using(database).bulk_create(
            [
                toggle(organization_id=organization.pk, feature=feature)
                for organization in organizations
                for feature in FEATURES
            ],
            ignore_conflicts=True,
        )


def in_batches(rows):
    """Lists of at most BATCH rows, in the order of their ids, each read when the one before is done with."""
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunPython(preferences_for_everyone, migrations.RunPython.noop),
        migrations.RunPython(toggles_for_every_organization, migrations.RunPython.noop),
    ]
