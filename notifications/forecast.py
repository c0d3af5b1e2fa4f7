"""The forecast: who will be told what in the next hours, and who will not and why (L3).

The rows are those that the scan will write, the facts those that the sender will gather, the rules those that
it will ask; only the moment differs. So the forecast and the record afterwards agree, unless people change their
minds in between.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Organization
from notifications.facts import gather, subjects_of
from notifications.kinds import Delivery, kind_of, kinds, slugs
from notifications.models import Notification
from notifications.reasons import Decision, Send, Skip
from notifications.rules import decide

HOURS = 48


@dataclass(frozen=True)
class Foreseen:
    """One line: the row as it will stand in the ledger (or does already), what it is about, and the decision."""

    row: Notification
    subject: object
    decision: Decision

    @property
    def will_be_sent(self) -> bool:
        return isinstance(self.decision, Send)

    @property
    def reason(self) -> str:
        """The code of the rule that decided against it; empty when it will be sent."""
        return self.decision.reason.code if isinstance(self.decision, Skip) else ""

    @property
    def words(self) -> str:
        """Why not, in words; empty when it will be sent."""
        if isinstance(self.decision, Send):
            return ""
        return self.decision.reason.words(self.row.channel, self.decision.detail)


def forecast(organization: Organization, *, now: datetime, hours: float = HOURS) -> list[Foreseen]:
    """Everything that falls due from now on, or is waiting already, in order of its due moment.

    Needs the organization's scope. Writes nothing. A fixed number of queries, whatever the number of lines.
    """
    until = now + timedelta(hours=hours)
    rows = list(
        Notification.objects.unfinished()
        .filter(organization=organization, kind__in=slugs())
        .select_related("login__user", "organization", "client")
        .order_by()  # sorted below; the default order would make SQLite walk the whole ledger
    )
    for row in rows:
        row.next_attempt_at = max(now, row.next_attempt_at)
    ahead = [each for kind in kinds() for each in kind.upcoming(organization.pk, now=now, until=until)]
    loaded = {(each.notification.kind, each.notification.subject_id): each.subject for each in ahead}
    return foretell([*rows, *(each.notification for each in ahead)], loaded)


def foretell(rows: list[Notification], loaded: Mapping[tuple[str, int], object] | None = None) -> list[Foreseen]:
    """What will become of these rows, each at its next attempt, in order of due moment; a fixed number of queries.

    Rows come as `gather` wants them. What an earlier one makes needless, such as a reminder of an appointment that an
    agenda lists, is seen only if that one is among them. `loaded` are subjects that need no loading any more, by kind
    and id.
    """
    rows = sorted(rows, key=lambda row: (row.due_at, row.subject_id, row.login_id, row.channel))
    gathered = gather(rows, subjects=subjects_of(rows, loaded))
    decisions = [decide(facts) for facts in gathered.facts]
    for position, skip in _foreseen_skips(rows, gathered.subjects, decisions).items():
        decisions[position] = skip
    return [
        Foreseen(row, subject, decision)
        for row, subject, decision in zip(rows, gathered.subjects, decisions, strict=True)
    ]


def _foreseen_skips(rows: list[Notification], subjects: list[object], decisions: list[Decision]) -> Mapping[int, Skip]:
    """What the kinds themselves will leave out, such as an appointment that an agenda lists, by position."""
    willing: dict[str, list[int]] = defaultdict(list)
    for position, decision in enumerate(decisions):
        if isinstance(decision, Send):
            willing[rows[position].kind].append(position)
    skips: dict[int, Skip] = {}
    for kind, positions in willing.items():
        deliveries = [Delivery(rows[position], subjects[position]) for position in positions]
        for index, skip in kind_of(kind).foresee(deliveries).items():
            skips[positions[index]] = skip
    return skips
