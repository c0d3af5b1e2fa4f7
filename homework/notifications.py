"""What homework tells people: the family of new, changed and removed homework, staff of homework that is done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.links import public_url
from accounts.models import Login
from accounts.models.logins import LoginQuerySet
from homework.models import Homework
from notifications.kinds import Content, Delivery, EventKind, Recipient
from notifications.models import Notification
from notifications.models.ledger import NotificationQuerySet
from notifications.reasons import Reason, Skip

REMOVED = Reason("homework_removed", _("the homework was removed"))
DONE = Reason("homework_done", _("the homework was done by then"))
NOT_DONE = Reason("homework_not_done", _("the homework was marked not done again"))
CHANGED_AGAIN = Reason("homework_changed_again", _("the homework was edited again, and a later notice says so"))

USEFUL_FOR = timedelta(days=7)  # after an outage longer than that it is news no more; the page shows it anyway


class HomeworkKind(EventKind):
    """What the kinds have in common. Nothing of them names the homework: not its title, not what to do (N4)."""

    feature = Feature.HOMEWORK
    template: ClassVar[str]

    def load(self, ids: Iterable[int]) -> Mapping[int, Homework]:
        people = ("client__organization", "assigned_by", "changed_by", "done_by")
        return Homework.objects.filter(pk__in=ids).select_related(*people).in_bulk()

    def audience(self, subject: Homework) -> list[Recipient]:
        """By each channel: the rules decide which of them, and leave on record why not the others (L1)."""
        return [Recipient(pk, channel) for pk in self.told(subject).values_list("pk", flat=True) for channel in Channel]

    def told(self, subject: Homework) -> LoginQuerySet:
        """The family: mom and dad both."""
        return Login.objects.clients().filter(clients=subject.client_id)

    def useful_until(self, subject: Homework) -> datetime:
        return subject.updated_at + USEFUL_FOR

    def client_id(self, subject: Homework) -> int:
        return subject.client_id

    def lane(self, subject: Homework, channel: Channel) -> str:
        return f"homework:{subject.pk}"

    def path(self, subject: Homework) -> str:
        """The page that the email leads to, of whoever signs in there."""
        return f"/my/homework/{subject.pk}/"

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Content]:
        return {
            delivery.notification.pk: Content(
                template=self.template,
                context={
                    "homework": delivery.subject,
                    "link": public_url(delivery.notification.organization, self.path(delivery.subject)),
                },
            )
            for delivery in deliveries
        }


class HomeworkAdded(HomeworkKind):
    """To the family, when new homework is added (N3)."""

    slug = "homework.added"
    label = _("New homework")
    template = "homework/added"

    def key(self, subject: Homework) -> str:
        return f"homework:{subject.pk}:added"

    def objection(self, notification: Notification, subject: Homework, now: datetime) -> Skip | None:
        return no_longer_news(notification, subject)


class HomeworkChanged(HomeworkKind):
    """To the family, when staff edited it and ticked Notify (N3)."""

    slug = "homework.changed"
    label = _("Homework changed")
    template = "homework/changed"

    def key(self, subject: Homework) -> str:
        return f"homework:{subject.pk}:edited:{subject.told_revision}"

    def objection(self, notification: Notification, subject: Homework, now: datetime) -> Skip | None:
        if skip := no_longer_news(notification, subject):
            return skip
        return Skip(CHANGED_AGAIN) if notification.key != self.key(subject) else None


class HomeworkRemoved(HomeworkKind):
    """To the family, when staff deleted it and ticked Notify (N3)."""

    slug = "homework.removed"
    label = _("Homework removed")
    template = "homework/removed"

    def key(self, subject: Homework) -> str:
        return f"homework:{subject.pk}:removed"

    def path(self, subject: Homework) -> str:
        return "/my/homework/"  # it has no page any more


class HomeworkDone(HomeworkKind):
    """To who assigned it and to staff linked to the client, when it is marked done (P5). Not to who marked it."""

    slug = "homework.done"
    label = _("Homework marked done")
    template = "homework/done"

    def key(self, subject: Homework) -> str:
        return f"homework:{subject.pk}:done:{subject.times_done}"

    def told(self, subject: Homework) -> LoginQuerySet:
        # Who assigned it may have left the client to somebody else since, and then sees nothing of them (S3).
        theirs = Q(clients=subject.client_id) | Q(pk=subject.assigned_by_id, is_user_admin=True)
        return Login.objects.staff().filter(theirs).exclude(pk=subject.done_by_id or 0).distinct()

    def path(self, subject: Homework) -> str:
        return f"/homework/{subject.pk}/"

    def objection(self, notification: Notification, subject: Homework, now: datetime) -> Skip | None:
        if subject.removed_at:
            return Skip(REMOVED)
        # Done again since: that has a notice of its own.
        return Skip(NOT_DONE) if not subject.done_at or notification.key != self.key(subject) else None


def no_longer_news(notification: Notification, homework: Homework) -> Skip | None:
    """Why the family need not hear of it any more (N5)."""
    if homework.removed_at:
        return Skip(REMOVED)
    # What was done before was edited all the same, by staff who knew, and ticked Notify.
    return Skip(DONE) if homework.done_at and homework.done_at >= notification.due_at else None


KINDS = (HomeworkAdded, HomeworkChanged, HomeworkRemoved, HomeworkDone)


def told_of(homework: Homework) -> NotificationQuerySet:
    """The record of this homework: who was told what, and who was not and why (L1)."""
    return Notification.objects.filter(kind__in=[kind.slug for kind in KINDS], subject_id=homework.pk).in_words()
