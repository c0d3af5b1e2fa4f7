"""The forecast as staff read it: for each thing that people will be told of, who will be and who will not (L3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from accounts.features import Channel, Feature
from accounts.models import Client, Login
from notifications.doors import Doors
from notifications.forecast import Foreseen, forecast
from notifications.kinds import kind_of
from notifications.mending import page_to_mend
from notifications.models import Notification
from notifications.models.ledger import Outcome
from notifications.reasons import Skip, Words


@dataclass(frozen=True)
class Line:
    """One notice ahead; `mend` is the page where what keeps it from being sent is mended, or nothing."""

    foreseen: Foreseen
    mend: str

    @property
    def due_at(self) -> datetime:
        return self.foreseen.row.due_at

    @property
    def will_be_sent(self) -> bool:
        return self.foreseen.will_be_sent

    @property
    def words(self) -> str:
        return self.foreseen.words

    @property
    def tells(self) -> bool:
        """Whether they learn of it: by this notice, or by the one that makes it needless."""
        decision = self.foreseen.decision
        return not isinstance(decision, Skip) or decision.reason.told_all_the_same


@dataclass
class Person:
    """One login, and what is ahead for it by each channel.

    `record` is the page of its record, if the reader may open it. `told_before`: by a notice that went out already.
    """

    login: Login
    record: str
    told_before: bool
    lines: list[Line] = field(default_factory=list)

    @property
    def is_told(self) -> bool:
        return self.told_before or any(line.tells for line in self.lines)

    @property
    def by_channel(self) -> list[tuple[Channel, list[Line]]]:
        """Every channel, also one by which nothing is ahead."""
        return [(channel, [line for line in self.lines if line.foreseen.row.channel == channel]) for channel in Channel]


@dataclass
class Thing:
    """What they are told of, such as one appointment; `about` says which one, in the words of its app.

    `page` is that of the client, if the reader may open it.
    """

    label: Words
    client: Client | None
    page: str
    first: Foreseen
    people: list[Person] = field(default_factory=list)

    @property
    def about(self) -> str:
        """In the words of its app; found only for what is shown."""
        subject = self.first.subject
        return kind_of(self.first.row.kind).describe(subject) if subject is not None else ""

    def has(self, word: str) -> bool:
        """Whether a word stands in what a page says of it: whom it is about, what it is, who is told."""
        names = (str(self.client or ""), self.about, str(self.label), *(person.login.name for person in self.people))
        return any(word.casefold() in name.casefold() for name in names)


@dataclass(frozen=True)
class Outlook:
    """The next hours, in order of the first due moment. Counted before things are left out."""

    things: list[Thing]
    to_be_sent: int
    not_to_be_sent: int


def outlook(
    reader: Login,
    features: Iterable[Feature],
    *,
    now: datetime,
    only_untold: bool = False,
    words: Iterable[str] = (),
) -> Outlook:
    """The forecast of what this staff login may see, of the features that are on (O2).

    `only_untold` leaves only the people who will hear of a thing by no channel at all, `words` the things that have
    each of them. A fixed number of queries.
    """
    lines = _visible(forecast(reader.organization, now=now), reader, features)
    things = _things(lines, reader)
    if only_untold:
        for thing in things:
            thing.people = [person for person in thing.people if not person.is_told]
    sent = sum(line.will_be_sent for line in lines)
    left = [thing for thing in things if thing.people and all(thing.has(word) for word in words)]
    return Outlook(left, sent, len(lines) - sent)


def _visible(lines: list[Foreseen], reader: Login, features: Iterable[Feature]) -> list[Foreseen]:
    """By the same rule as the record (`NotificationQuerySet.visible_to`); these rows are not written yet."""
    on = {feature.value for feature in features}
    lines = [line for line in lines if line.row.feature in on]
    if reader.is_user_admin:
        return lines
    theirs = set(reader.links.values_list("client", flat=True))
    besides = Feature.APPOINTMENTS if reader.is_schedule_admin else None
    return [
        line
        for line in lines
        if line.row.client_id in theirs or line.row.login_id == reader.pk or line.row.feature == besides
    ]


def _things(lines: list[Foreseen], reader: Login) -> list[Thing]:
    told = _told_before(lines)
    doors = Doors.of(reader, [line.row for line in lines])
    things: dict[tuple[str, int], Thing] = {}
    people: dict[tuple[str, int, int], Person] = {}
    for line in lines:
        row = line.row
        key = (row.kind, row.subject_id)
        if key not in things:
            things[key] = Thing(kind_of(row.kind).label, row.client, doors.client(row.client_id), first=line)
        who = (*key, row.login_id)
        if (person := people.get(who)) is None:
            person = people[who] = Person(row.login, doors.record_of_login(row.login), told_before=who in told)
            things[key].people.append(person)
        decision = line.decision
        mend = page_to_mend(decision.reason, row, doors) if isinstance(decision, Skip) else ""
        person.lines.append(Line(line, mend))
    return list(things.values())


def _told_before(lines: list[Foreseen]) -> set[tuple[str, int, int]]:
    """Who was told of which thing by another channel already: kind, subject, login."""
    sent = Notification.objects.that_became(Outcome.SENT).filter(
        kind__in={line.row.kind for line in lines}, subject_id__in={line.row.subject_id for line in lines}
    )
    return set(sent.values_list("kind", "subject_id", "login"))
