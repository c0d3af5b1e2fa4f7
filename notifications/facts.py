"""Gathering the facts that the rules decide on: in bulk, at the moment of sending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.features import Channel
from accounts.models import ClientLink, FeatureToggle, Preference, Role
from accounts.phones import digits
from notifications import reasons
from notifications.kinds import kind_of
from notifications.models import Notification
from notifications.reasons import Skip
from notifications.rules import Facts
from notifications.standing import standing_of


@dataclass(frozen=True)
class Gathered:
    """The facts of each row, by its position, and the subjects that the rows are about."""

    facts: list[Facts]
    subjects: list[Any]


def gather(
    rows: Sequence[Notification], *, now: datetime | None = None, subjects: Sequence[Any] | None = None
) -> Gathered:
    """Facts for each row (saved or, in a forecast, not yet), in a fixed number of queries.

    Rows come with `login__user`, `organization` and `client` loaded. Without `now` each row is looked at as of
    its next attempt: what the forecast wants to know. `subjects` are what the rows are about, where they are loaded
    already, as the kind loads them.
    """
    subjects = list(subjects) if subjects is not None else subjects_of(rows)
    toggles = {
        (toggle.organization_id, toggle.feature): toggle.on_since
        for toggle in FeatureToggle.objects.filter(
            organization__in={row.organization_id for row in rows}, feature__in={row.feature for row in rows}
        )
    }
    logins = {row.login_id for row in rows}
    preferences = {
        (preference.login_id, preference.feature): preference
        for preference in Preference.objects.filter(login__in=logins, feature__in={row.feature for row in rows})
    }
    links = {
        (login, client): since
        for login, client, since in ClientLink.objects.filter(
            login__in=logins, client__in={row.client_id for row in rows if row.client_id}
        ).values_list("login_id", "client_id", "linked_since")
    }
    plain = {phone: digits(phone) for phone in {row.login.phone for row in rows}}
    standing = standing_of(
        numbers={plain[row.login.phone] for row in rows if row.channel == Channel.TEXT},
        addresses={row.login.user.email for row in rows if row.channel == Channel.EMAIL},
        now=now,
    )

    facts = []
    for row, subject in zip(rows, subjects, strict=True):
        preference = preferences.get((row.login_id, row.feature))
        channel = Channel(row.channel)
        facts.append(
            Facts(
                channel=channel,
                now=now or row.next_attempt_at,
                decided_at=row.due_at,
                useful_until=row.useful_until,
                feature_since=toggles.get((row.organization_id, row.feature)),
                login_since=row.login.active_since,
                preference_since=preference.since(channel) if preference else None,
                about_client=row.client_id is not None,
                client_since=row.client.active_since if row.client else None,
                # Staff need no link to be told about a client of theirs.
                linked_since=(
                    links.get((row.login_id, row.client_id or 0)) if row.login.role == Role.CLIENT else row.due_at
                ),
                objection=(
                    kind_of(row.kind).objection(row, subject, now or row.next_attempt_at)
                    if subject is not None
                    else Skip(reasons.SUBJECT_GONE)
                ),
                email=row.login.user.email,
                email_stop=standing.email_stops.get(row.login.user.email),
                country=str(row.organization.country),
                phone=row.login.phone,
                stopped=plain[row.login.phone] in standing.stopped,
                phone_fault=standing.phone_faults.get(plain[row.login.phone]),
            )
        )
    return Gathered(facts, subjects)


def subjects_of(rows: Sequence[Notification], loaded: Mapping[tuple[str, int], Any] | None = None) -> list[Any]:
    """What each row is about, or None where that is gone; `loaded` has some of them already, by kind and id."""
    found = dict(loaded or {})
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if (row.kind, row.subject_id) not in found:
            wanted.setdefault(row.kind, set()).add(row.subject_id)
    for kind, ids in wanted.items():
        found.update({(kind, pk): subject for pk, subject in kind_of(kind).load(ids).items()})
    return [found.get((row.kind, row.subject_id)) for row in rows]
