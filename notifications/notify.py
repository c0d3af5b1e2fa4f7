"""`notify(kind, subject)`: the one line that a domain app's signal calls."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from notifications.kinds import EventKind
from notifications.models import Notification
from notifications.waking import wake


def notify(kind: type[EventKind], subject: Any, *, at: datetime | None = None) -> None:
    """Write one row per login and channel, in the caller's transaction; wake a worker once it commits.

    Calling it again for the same occurrence changes nothing (the key is unique per login and channel).
    `at` is the moment of the occurrence, by default now. Needs the scope of the subject's organization.
    """
    at = at or timezone.now()
    told = kind()
    rows = [
        Notification(
            organization_id=subject.organization_id,
            login_id=recipient.login_id,
            client_id=told.client_id(subject),
            feature=told.feature,
            kind=told.slug,
            channel=recipient.channel,
            key=told.key(subject),
            subject_id=subject.pk,
            lane=told.lane(subject, recipient.channel),
            due_at=at,
            useful_until=told.useful_until(subject),
            next_attempt_at=at,
        )
        for recipient in told.audience(subject)
    ]
    if rows:
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(wake)
