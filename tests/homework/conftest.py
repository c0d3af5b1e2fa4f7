"""Homework of the cast, and what they receive of it."""

from typing import Any

from accounts.features import Channel
from accounts.models import Login
from accounts.tenancy import everywhere, within
from homework.models import Homework
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from tests.conftest import Practice

# Words that nobody would write by accident: where they turn up, something of the homework got out (N4).
TITLE = "Breathe with the paper dragon"
INSTRUCTIONS = "Fifteen minutes of EMDR tapping before the panic diary.\n\nThen draw the worry monster."
CANARIES = ("dragon", "EMDR", "panic", "worry", "monster", "tapping")


def add(practice: Practice, **fields: Any) -> Homework:
    """Homework of the child, from the therapist."""
    fields = {
        "client": practice.child,
        "assigned_by": practice.therapist,
        "title": TITLE,
        "instructions": INSTRUCTIONS,
        **fields,
    }
    with within(practice.organization):
        return Homework.objects.create(organization=practice.organization, **fields)


def add_quietly(practice: Practice, count: int, **fields: Any) -> list[Homework]:
    """As many as that, of which nobody is told."""
    fields = {"client": practice.child, "assigned_by": practice.therapist, **fields}
    with within(practice.organization):
        return Homework.objects.bulk_create(
            Homework(organization=practice.organization, title=f"Homework {number}", **fields)
            for number in range(count)
        )


def edit(homework: Homework, by: Login, *, notify: bool, **changes: Any) -> bool:
    """As somebody does who has just opened it."""
    now = {name: getattr(homework, name) for name in ("title", "instructions", "due_on", "revision")}
    return homework.edit(**{**now, **changes}, by=by, notify=notify)


def let_go_out() -> list[OutboxMessage]:
    """What the workers do, until nothing is due. Everything that anybody has received by then, the oldest first."""
    while deliver_batch():
        pass
    with everywhere("the test looks"):
        return list(OutboxMessage.objects.select_related("notification__login").order_by("pk"))


def receivers(messages: list[OutboxMessage], channel: Channel = Channel.EMAIL) -> list[str]:
    """Who received these by one channel, in alphabetical order."""
    return sorted(message.notification.login.name for message in messages if message.channel == channel)


def record() -> set[tuple[str, str, str]]:
    """The whole record: kind, who, and what became of it."""
    with everywhere("the test looks"):
        rows = Notification.objects.select_related("login")
        return {(row.kind, row.login.name, row.words) for row in rows}
