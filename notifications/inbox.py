"""The inbox of text replies for its readers: whose numbers they are, and what was texted to and fro (T7, S3).

Of the logins that have a number a reader is told the names of those whom they see anyway; of others only that there
are some.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.text import get_text_list
from django.utils.translation import gettext

from accounts import phones
from accounts.access import MemberRequest
from accounts.features import Channel, Feature
from accounts.models import Login
from notifications.doors import Doors
from notifications.facts import subjects_of
from notifications.kinds import kind_of, slugs
from notifications.models import Meaning, Notification, ReplySender, State, TextReply, TextThread
from notifications.models.inbound import TextThreadQuerySet
from notifications.record import logins_in_record
from pages.lists import MAX_WORDS, Listing, query_without_page, words_of

PER_PAGE = 30
REPLIES = 50  # of one number, on a page
TEXTS = 50  # of ours beside them: the latest


@dataclass(frozen=True)
class Somebody:
    """One login of a number, and the pages that its reader may open: the login's own, and where it is told what."""

    login: Login
    page: str
    preferences: str


@dataclass(frozen=True)
class People:
    """Whose number it is, as far as the reader may know.

    `now`: who has it; `others`: how many besides; `before`: who had it when a reply came, and has it no more.
    """

    now: list[Login] = field(default_factory=list)
    others: int = 0
    before: list[Login] = field(default_factory=list)

    @property
    def are_several(self) -> bool:
        return len(self.now) + self.others > 1

    @property
    def words(self) -> str:
        """Who it is, in a line of a list."""
        names = [login.name for login in self.now]
        if not names and self.others:
            return gettext("Somebody else of this practice")
        if self.others:
            names.append(gettext("somebody else of this practice"))
        if len(names) > 1:
            return gettext("%(names)s share this number") % {"names": _and(names)}
        if names:
            return names[0]
        if self.before:
            return gettext("Formerly %(names)s") % {"names": _and(login.name for login in self.before)}
        return gettext("Nobody has this number any more")


@dataclass(frozen=True)
class Row:
    """One number in the list: whose, and the last reply of those that the reader may read."""

    thread: TextThread
    people: People
    last: TextReply
    may_want_to_stop: bool


@dataclass(frozen=True)
class Entry:
    """A reply of theirs, or a text of ours; of the latter only what it was about: its words are not kept."""

    at: datetime
    reply: TextReply | None = None
    row: Notification | None = None
    about: str = ""


@dataclass(frozen=True)
class Conversation:
    """One number's page, the oldest entry first. `may_finish`: the reader has all in sight that nobody dealt with."""

    thread: TextThread
    people: People
    somebodies: list[Somebody]
    entries: list[Entry]
    page: Page[TextReply]
    query: str
    may_finish: bool
    may_want_to_stop: bool

    @property
    def has_ours(self) -> bool:
        return any(entry.row for entry in self.entries)


def listed(request: MemberRequest) -> tuple[Listing[TextThread], list[Row]]:
    """The page that `?page=` asks for of the numbers that `?q=` looks for: by number, or by a name the reader sees."""
    found = TextThread.objects.visible_to(request.login)
    words = words_of(request)
    for word in phones.for_search(words).split()[:MAX_WORDS]:
        found = found.filter(_is_of(word, request.login))
    page: Page[TextThread] = Paginator(found.latest_first(), PER_PAGE).get_page(request.GET.get("page"))
    return Listing(page, words, query_without_page(request)), rows_of(list(page), request.login)


def rows_of(threads: Sequence[TextThread], reader: Login) -> list[Row]:
    """These numbers as rows of a list. A fixed number of queries."""
    replies = TextReply.objects.all().visible_to(reader)
    newest = replies.filter(thread=OuterRef("pk")).order_by("-at", "-pk").values("pk")[:1]
    asked = TextThread.objects.filter(pk__in=[thread.pk for thread in threads])
    last_of = dict(asked.annotate(newest=Subquery(newest)).values_list("pk", "newest"))
    last = TextReply.objects.in_bulk([pk for pk in last_of.values() if pk])
    people = people_of(threads, reader)
    wanting = _wanting_to_stop(threads, reader)
    # Of one whose last visible reply has gone meanwhile, for its client was unlinked, there is nothing to show.
    return [
        Row(each, people[each.pk], last[pk], each.pk in wanting)
        for each in threads
        if (pk := last_of.get(each.pk)) in last
    ]


def _wanting_to_stop(threads: Collection[TextThread], reader: Login) -> set[int]:
    """Those marked as such, where a reply that the reader may read says so (S3)."""
    marked = [thread.pk for thread in threads if thread.may_want_to_stop]
    replies = TextReply.objects.all().visible_to(reader).filter(thread__in=marked, meaning=Meaning.MAYBE_STOP)
    return set(replies.values_list("thread", flat=True))


def people_of(threads: Collection[TextThread], reader: Login) -> dict[int, People]:
    """Whose numbers these are, by thread. Three queries, whatever their number."""
    seen = set(logins_in_record(reader).filter(phone__in={each.phone for each in threads}).values_list("pk", flat=True))
    people = {each.pk: People() for each in threads}
    having: dict[str, list[Login]] = defaultdict(list)
    for login in Login.objects.filter(phone__in={each.phone for each in threads}).order_by("name", "pk"):
        having[login.phone].append(login)
    wrote: dict[int, list[Login]] = defaultdict(list)
    senders = ReplySender.objects.filter(reply__thread__in=threads, login__in=logins_in_record(reader).values("pk"))
    pairs = senders.order_by("login__name", "login").values_list("reply__thread", "login").distinct()
    logins = Login.objects.in_bulk({pk for _thread, pk in pairs})
    for thread, pk in pairs:
        wrote[thread].append(logins[pk])
    for each in threads:
        now = [login for login in having[each.phone] if login.pk in seen]
        before = [login for login in wrote[each.pk] if login.phone != each.phone]
        people[each.pk] = People(now, len(having[each.phone]) - len(now), before)
    return people


def conversation(request: HttpRequest, thread: TextThread, reader: Login, on: Iterable[Feature]) -> Conversation:
    """What was texted to and fro, a page of it: the latest unless `?page=` asks for another. A fixed number of queries.

    Of ours what is about features that are on (O2), and as the record shows it to the reader (L2).
    """
    replies = TextReply.objects.all().visible_to(reader).filter(thread=thread).order_by("-at", "-pk")
    page: Page[TextReply] = Paginator(replies, REPLIES).get_page(request.GET.get("page"))
    theirs = list(page)
    since = theirs[-1].at if page.has_next() else None
    until = replies[page.start_index() - 2].at if page.has_previous() else None
    ours = _texts_to(thread, reader, on, since=since, until=until)
    people = people_of([thread], reader)[thread.pk]
    entries = [Entry(reply.at, reply=reply) for reply in theirs]
    entries += ours
    return Conversation(
        thread,
        people,
        _somebodies(people, reader),
        sorted(entries, key=lambda entry: entry.at),
        page,
        query_without_page(request),
        may_finish(thread, reader),
        bool(_wanting_to_stop([thread], reader)),
    )


def may_finish(thread: TextThread, reader: Login) -> bool:
    """Whether somebody may mark it as done: not what is open for a reply that they may not read."""
    waiting = TextReply.objects.filter(thread=thread)
    if thread.handled_at:
        # The last one opened it, whatever the clock says at which it came (`threads._after`).
        last = waiting.order_by("-pk").values("pk")[:1]
        waiting = waiting.filter(Q(at__gt=thread.handled_at) | Q(pk=Subquery(last)))
    visible = TextReply.objects.all().visible_to(reader).filter(thread=thread)
    return thread.is_open and not waiting.exclude(pk__in=visible.values("pk")).exists()


def _texts_to(
    thread: TextThread, reader: Login, on: Iterable[Feature], *, since: datetime | None, until: datetime | None
) -> list[Entry]:
    """What this organization texted to the number, or tried to, and what each was about; the latest of these days."""
    had_it = Q(phone=thread.phone) | Q(pk__in=ReplySender.objects.filter(reply__thread=thread).values("login"))
    rows = (
        Notification.objects.visible_to(reader)
        .of_features(on)
        .filter(login__in=Login.objects.filter(had_it).values("pk"), channel=Channel.TEXT, sent_to=thread.phone)
        .exclude(state__in=(State.PENDING, State.SKIPPED))
        .filter(attempted_at__isnull=False)
        .annotate(at=Coalesce("sent_at", "attempted_at"))
    )
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    latest = list(rows.select_related("client").order_by("-at", "-pk")[:TEXTS])
    known = set(slugs())
    told = [row for row in latest if row.kind in known]  # of an app that is no longer installed nobody knows more
    about = {
        row.pk: kind_of(row.kind).describe(subject)
        for row, subject in zip(told, subjects_of(told), strict=True)
        if subject is not None
    }
    times = {row.pk: row.sent_at or row.attempted_at for row in latest}
    return [Entry(at, row=row, about=about.get(row.pk, "")) for row in latest if (at := times[row.pk])]


def _somebodies(people: People, reader: Login) -> list[Somebody]:
    """Who has the number now, with the doors that are open to the reader."""
    doors = Doors(reader, frozenset(login.pk for login in people.now))
    return [Somebody(login, doors.login(login), doors.preferences(login)) for login in people.now]


def _is_of(word: str, reader: Login) -> Q:
    """Of a number with these digits, or of somebody with this in the name whom the reader sees (S3)."""
    named = logins_in_record(reader).filter(name__icontains=word)
    wrote = ReplySender.objects.filter(login__in=named.values("pk")).values("reply__thread")
    has_it = Q(phone__in=named.exclude(phone="").values("phone"))
    return Q(phone__icontains=word) | has_it | Q(pk__in=wrote)


def _and(names: Iterable[str]) -> str:
    return get_text_list(list(names), gettext("and"))


def open_threads(reader: Login) -> TextThreadQuerySet:
    """The numbers that wait for somebody."""
    return TextThread.objects.visible_to(reader).open()
