"""Holding a channel while the provider would refuse everything, and letting go of it once somebody mended that (R8).

A refusal that is about our account or our settings begins a hold. While one is in force nothing of the channel (or, for
a code about a country, of its numbers) is claimed, but for
- rows whose time is over, which are recorded as too late;
- one row a minute, to see whether it is mended: one that was refused goes to the end of the queue, so it is another's
  turn each time.
An acceptance ends the hold, and what is still useful goes out. Where the provider accepts such messages and refuses
them only in its report, an acceptance says nothing, and the hold lasts until a report says that one arrived.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Self

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Substr
from django.utils import timezone

from accounts.features import Channel
from accounts.phones import area_codes_of, country_of
from notifications.channels import Misconfigured
from notifications.channels.twilio_errors import is_reported
from notifications.models import Hold, Notification
from notifications.models.ledger import NotificationQuerySet
from notifications.waking import wake

logger = logging.getLogger(__name__)

TRY_EVERY = timedelta(seconds=60)


class Holds:
    """The holds of a channel during one claim; those that may be tried now are locked, so that one worker does."""

    def __init__(self, holds: Sequence[Hold], to_try: Sequence[Hold]) -> None:
        self._holds = holds
        self._to_try = to_try

    @classmethod
    def of(cls, channel: Channel, now: datetime) -> Self:
        """One query while nothing is held. Needs a transaction."""
        holds = list(Hold.objects.in_force().filter(channel=channel))
        due = [hold.pk for hold in holds if hold.next_try_at <= now]
        locked = Hold.objects.in_force().filter(pk__in=due, next_try_at__lte=now).select_for_update(skip_locked=True)
        return cls(holds, list(locked) if due else [])

    def let_through(self, rows: NotificationQuerySet, now: datetime) -> NotificationQuerySet:
        """Of claimable rows of this channel those that no hold keeps back."""
        return _with_areas(rows).exclude(_kept_back(self._holds, now)) if self._holds else rows

    def tries(self, rows: NotificationQuerySet, now: datetime) -> list[int]:
        """Of claimable rows of this channel those that may be claimed all the same, to try a hold."""
        return [pk for hold in self._to_try for pk in self._one_to_try(rows, hold, now)]

    def _one_to_try(self, rows: NotificationQuerySet, hold: Hold, now: datetime) -> list[int]:
        """The row that tries a hold: one that no other hold concerns, if there is such a one.

        None in doubt by text: it would be looked up, which shows nothing.
        """
        useful = _with_areas(rows).filter(_concerns(hold), useful_until__gte=now)
        useful = useful.exclude(channel=Channel.TEXT, in_doubt=True).order_by("next_attempt_at", "pk")
        alone = useful
        for other in self._holds:
            if other.pk != hold.pk:
                alone = alone.exclude(_concerns(other))
        return list(alone.values_list("pk", flat=True)[:1]) or list(useful.values_list("pk", flat=True)[:1])

    def note_tries(self, begun: Iterable[Notification], now: datetime) -> None:
        """These are about to be sent: the holds that they try are tried again in a minute."""
        rows = list(begun)
        tried = [hold.pk for hold in self._to_try if any(concerns(hold, row) for row in rows)]
        if tried:
            Hold.objects.filter(pk__in=tried).update(next_try_at=now + TRY_EVERY, tries=F("tries") + 1)


def not_held(rows: NotificationQuerySet, now: datetime) -> NotificationQuerySet:
    """Of claimable rows those that no hold keeps back."""
    holds = list(Hold.objects.in_force())
    return _with_areas(rows).exclude(_kept_back(holds, now)) if holds else rows


def kept_back_by(holds: Sequence[Hold], rows: NotificationQuerySet) -> NotificationQuerySet:
    """Of these rows those that wait for one of these holds, at least one, to end."""
    return _with_areas(rows.unfinished()).filter(_kept_back(holds, timezone.now()))


def has_one_to_try(now: datetime) -> bool:
    """Whether a hold may be tried now."""
    return Hold.objects.in_force().filter(next_try_at__lte=now).exists()


def concerns(hold: Hold, row: Notification) -> bool:
    """Whether a hold keeps back this row, which has its recipient in `sent_to`."""
    return hold.channel == row.channel and hold.country in ("", country_of(row.sent_to))


def begin(row: Notification, error: Misconfigured) -> None:
    """The provider refused this row as it would refuse all: hold them, unless it was mended since the attempt."""
    ended = Hold.objects.filter(channel=row.channel, country=error.country, ended_at__isnull=False)
    if row.attempted_at and ended.filter(ended_at__gt=row.attempted_at).exists():
        return
    now, code = timezone.now(), error.code[:40]
    with transaction.atomic():
        hold, created = Hold.objects.get_or_create(
            channel=row.channel,
            country=error.country,
            ended_at=None,
            defaults={"code": code, "since": now, "next_try_at": now + TRY_EVERY},
        )
        changed = Hold.objects.filter(pk=hold.pk).exclude(code=code).update(code=code)
    if created or changed:
        of = f" to {error.country}" if error.country else ""
        logger.error("Nothing is sent by %s%s: the provider refuses everything (%s).", row.channel, of, code)


def note_accepted(rows: Iterable[Notification]) -> None:
    """The provider took these: what holds them back is mended, unless it refuses only after it accepted."""
    accepted = list(rows)
    if accepted:
        _end([hold for hold in _tried_by(accepted) if not is_reported(hold.code)])


def note_arrived(row: Notification) -> None:
    """This one arrived, or at least nothing else was heard of it for long: what held it back is mended."""
    _end(_tried_by([row]))


def try_now(holds: Iterable[Hold]) -> int:
    """Try these at once, not in up to a minute: somebody says that it is mended. Returns how many are in force."""
    tried = Hold.objects.in_force().filter(pk__in=[hold.pk for hold in holds]).update(next_try_at=timezone.now())
    if tried:
        transaction.on_commit(wake)
    return tried


def _tried_by(rows: Sequence[Notification]) -> list[Hold]:
    """The holds that an attempt at these rows, begun since, is a try of."""
    return [
        hold
        for hold in Hold.objects.in_force().filter(channel__in={row.channel for row in rows})
        if any(concerns(hold, row) and row.attempted_at and row.attempted_at >= hold.since for row in rows)
    ]


def _end(holds: Iterable[Hold]) -> None:
    for hold in holds:
        if hold.end():
            logger.warning("Sending by %s again: what held it (%s) is mended.", hold.channel, hold.code)
            transaction.on_commit(wake)


def _with_areas(rows: NotificationQuerySet) -> NotificationQuerySet:
    """With the area code of each number, as the ten digits that are stored begin with it (T2)."""
    return rows.alias(area=Substr("login__phone", 1, 3))


def _concerns(hold: Hold) -> Q:
    of = Q(channel=hold.channel)
    return of & Q(area__in=area_codes_of(hold.country)) if hold.country else of


def _kept_back(holds: Iterable[Hold], now: datetime) -> Q:
    """What the holds keep back: not what is too late anyway, which is to be recorded as such."""
    concerned = reduce(or_, map(_concerns, holds))
    return concerned & Q(useful_until__gte=now)
