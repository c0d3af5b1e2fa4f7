"""What pages of other apps show: preferences, the latest of the record, failures, faults, and replies."""

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts.access import MemberRequest
from accounts.features import Channel
from accounts.models import Client, Login
from notifications.holding import kept_back_by
from notifications.inbox import open_threads, rows_of
from notifications.models import Hold, Notification
from notifications.models.ledger import NotificationQuerySet, Outcome
from notifications.preferences import history_of, table_of
from notifications.record import for_staff, for_yourself

LATEST = 5
FAILURES_OF = timedelta(days=7)


def my_preferences(request: MemberRequest, login: Login) -> dict[str, Any] | None:
    table = table_of(login, request.features)
    return table and {**table, "action": reverse("my_preferences")}


def my_latest(request: MemberRequest, login: Login) -> dict[str, Any] | None:
    rows = Notification.objects.of_features(request.features).told_to(login).in_words()[:LATEST]
    return {"lines": for_yourself(rows)}


def preferences_of_login(request: MemberRequest, login: Login) -> dict[str, Any] | None:
    table = table_of(login, request.features)
    return table and {
        **table,
        "action": reverse("preferences_of_login", args=[login.pk]),
        "history": history_of(login, request.features),
    }


def record_of_login(request: MemberRequest, login: Login) -> dict[str, Any] | None:
    return _latest(request, _visible(request).filter(login=login), reverse("record_of_login", args=[login.pk]))


def record_of_client(request: MemberRequest, client: Client) -> dict[str, Any] | None:
    return _latest(request, _visible(request).filter(client=client), reverse("record_of_client", args=[client.pk]))


def failures(request: MemberRequest, subject: None) -> dict[str, Any] | None:
    """What failed or was not delivered of late, for the home page of staff; nothing if nothing did."""
    since = timezone.now() - FAILURES_OF
    rows = _visible(request).that_became(Outcome.TROUBLE).filter(due_at__gte=since).in_words()
    lines = for_staff(rows[: LATEST + 1], request.login)
    if not lines:
        return None
    everything = f"{reverse('record')}?state={Outcome.TROUBLE}&since={timezone.localdate(since):%Y-%m-%d}"
    return {"lines": lines[:LATEST], "has_more": len(lines) > LATEST, "everything": everything}


def held(request: MemberRequest, subject: None) -> dict[str, Any] | None:
    """That what waits here is held by a fault of the platform, for the home page of staff; nothing if nothing is."""
    holds = list(Hold.objects.in_force())
    if not holds:
        return None
    rows = kept_back_by(holds, _visible(request))
    waiting = dict(rows.order_by().values_list("channel").annotate(waiting=Count("pk")))
    if not waiting:
        return None
    return {"texts": waiting.get(Channel.TEXT, 0), "emails": waiting.get(Channel.EMAIL, 0)}


def open_replies(request: MemberRequest, subject: None) -> dict[str, Any] | None:
    """Texts of people that wait for somebody, for the home page of staff; nothing if none does."""
    threads = list(open_threads(request.login).latest_first()[: LATEST + 1])
    rows = rows_of(threads[:LATEST], request.login)
    return {"rows": rows, "has_more": len(threads) > LATEST} if rows else None


def open_replies_count(login: Login) -> int:
    return open_threads(login).count()


def _visible(request: MemberRequest) -> NotificationQuerySet:
    return Notification.objects.visible_to(request.login).of_features(request.features)


def _latest(request: MemberRequest, rows: NotificationQuerySet, whole: str) -> dict[str, Any]:
    return {"lines": for_staff(rows.in_words()[:LATEST], request.login), "whole": whole}
