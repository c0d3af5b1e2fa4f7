"""A conversation as a page shows it: day by day, oldest first, with who has read how far."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.paginator import Page, Paginator
from django.utils import timezone

from accounts.models import Login
from messaging.models import Conversation, Message, Participant

PER_PAGE = 50


@dataclass(frozen=True)
class Entry:
    """One message as one reader sees it. `seen_by`: those who have read up to here and no further."""

    message: Message
    is_mine: bool
    is_first_new: bool
    is_latest: bool
    seen_by: Sequence[Participant]


@dataclass(frozen=True)
class Day:
    """The messages of one day of the page's time zone."""

    date: date
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Thread:
    """One page of a conversation: the first page holds the newest messages."""

    days: Sequence[Day]
    page: Page[Message]
    last_id: int


def thread_of(
    conversation: Conversation, *, reader: Login, people: Sequence[Participant], number: str | None
) -> Thread:
    """The page `number` of the conversation as this login sees it before it is marked as read; two queries."""
    newest_first = conversation.messages.select_related("author").order_by("-pk")
    page: Page[Message] = Paginator(newest_first, PER_PAGE).get_page(number)
    shown = list(reversed(page.object_list))
    read_through = {one.login_id: one.read_through for one in people}
    first_new = next((message for message in shown if _is_new(message, reader, read_through)), None)
    seen = _seen(shown, people, reader)
    days: list[Day] = []
    for message in shown:
        sent_on = timezone.localtime(message.sent_at).date()
        if not days or days[-1].date != sent_on:
            days.append(Day(sent_on))
        days[-1].entries.append(
            Entry(
                message,
                is_mine=message.author_id == reader.pk,
                is_first_new=message == first_new,
                is_latest=page.number == 1 and message == shown[-1],
                seen_by=seen[message.pk],
            )
        )
    return Thread(days, page, last_id=shown[-1].pk if shown else 0)


def _is_new(message: Message, reader: Login, read_through: dict[int, int]) -> bool:
    theirs = message.author_id != reader.pk and message.deleted_at is None
    return theirs and reader.pk in read_through and message.pk > read_through[reader.pk]


def _seen(shown: Sequence[Message], people: Sequence[Participant], reader: Login) -> dict[int, list[Participant]]:
    """By message, whom to name below it. One who wrote later has read, and the reader knows about themselves."""
    seen: dict[int, list[Participant]] = defaultdict(list)
    for one in people:
        read = [message for message in shown if message.pk <= one.read_through]
        if read and one.login_id != reader.pk and not _wrote_at_or_after(read[-1], shown, one):
            seen[read[-1].pk].append(one)
    return seen


def _wrote_at_or_after(message: Message, shown: Sequence[Message], one: Participant) -> bool:
    return any(later.pk >= message.pk and later.author_id == one.login_id for later in shown)
