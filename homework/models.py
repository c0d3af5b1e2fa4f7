"""Homework: what a client is to do until the next session."""

import uuid
from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Login, Organization
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from homework import events


class HomeworkQuerySet(TenantQuerySet["Homework"]):
    def kept(self) -> "HomeworkQuerySet":
        """Not removed."""
        return self.filter(removed_at__isnull=True)

    def open(self) -> "HomeworkQuerySet":
        """Still to be done."""
        return self.kept().filter(done_at__isnull=True)

    def done(self) -> "HomeworkQuerySet":
        """Marked done."""
        return self.kept().filter(done_at__isnull=False)

    def removed(self) -> "HomeworkQuerySet":
        """Taken away by staff, and kept for the record alone."""
        return self.filter(removed_at__isnull=False)

    def visible_to(self, login: Login) -> "HomeworkQuerySet":
        """What is kept of the clients that this login may see (S3)."""
        return self.kept().of_clients_of(login)

    def of_clients_of(self, login: Login) -> "HomeworkQuerySet":
        """Removed ones, too, which only their absence may be seen of."""
        return self.filter(client__in=Client.objects.visible_to(login))

    def open_first(self) -> "HomeworkQuerySet":
        """What is open, the first due first; then what is done, the last done first."""
        return self.order_by(
            F("done_at").desc(nulls_first=True),
            F("due_on").asc(nulls_last=True),
            "-pk",
        )


class Homework(TenantModel):
    """One piece of homework of one client.

    It changes through its verbs. Removing keeps the row, so that a notice and the record can still say what became
    of it.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="homework")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="homework", verbose_name=_("client"))
    title = models.CharField(_("title"), max_length=120)
    instructions = models.TextField(_("what to do"), max_length=5000, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    assigned_by = models.ForeignKey(
        Login, on_delete=models.PROTECT, related_name="assigned_homework", verbose_name=_("from")
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)
    # Who of the staff edited or removed it last.
    changed_by = models.ForeignKey(Login, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    done_at = models.DateTimeField(_("done"), null=True, editable=False)
    done_by = models.ForeignKey(Login, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    removed_at = models.DateTimeField(_("removed"), null=True, editable=False)

    # Each edit has a number; and which was the last that people were told of (N3).
    revision = models.PositiveIntegerField(default=0, editable=False)
    told_revision = models.PositiveIntegerField(default=0, editable=False)
    # Done, not done, done again: each time is an occurrence of its own.
    times_done = models.PositiveIntegerField(default=0, editable=False)
    # The filled-in form that it came from, so that a double click adds it once.
    form_id = models.UUIDField(default=uuid.uuid4, editable=False)

    objects = TenantManager.from_queryset(HomeworkQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="homework_has_a_title"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="homework_done_by_somebody",
            ),
            models.UniqueConstraint(fields=["organization", "form_id"], name="homework_once_per_form"),
        ]
        indexes = [
            models.Index(
                fields=["organization", "due_on"],
                condition=Q(done_at__isnull=True, removed_at__isnull=True),
                name="homework_open",
            ),
            models.Index(
                fields=["organization", "-done_at"],
                condition=Q(done_at__isnull=False, removed_at__isnull=True),
                name="homework_done",
            ),
            models.Index(fields=["client", "-created_at"], name="homework_by_client"),
        ]

    def __str__(self) -> str:
        return f"Homework {self.pk}"  # its title says why somebody is in care, and this ends up in logs

    @property
    def is_open(self) -> bool:
        return self.removed_at is None and self.done_at is None

    @property
    def is_late(self) -> bool:
        """Open though its day is over, by the calendar of the page."""
        return self.is_open and self.due_on is not None and self.due_on < timezone.localdate()

    def edit(
        self,
        *,
        title: str,
        instructions: str,
        due_on: date | None,
        by: Login,
        revision: int,
        notify: bool = False,
    ) -> bool:
        """Change what is to be done; with `notify` the family is told (N3).

        `revision` is the one that the editor had before them. False, and nothing changes, if it was edited since,
        such as by the other half of a double click, or removed.
        """
        told = {"told_revision": revision + 1} if notify else {}
        return self._change(
            Homework.objects.kept().filter(revision=revision),
            {
                "title": title,
                "instructions": instructions,
                "due_on": due_on,
                "changed_by": by,
                "revision": revision + 1,
                **told,
            },
            events.edited,
            notify=notify,
        )

    def remove(self, *, by: Login, notify: bool = False) -> bool:
        """Take it away; with `notify` the family is told (N3). False if it was removed already."""
        return self._change(
            Homework.objects.kept(),
            {"removed_at": timezone.now(), "changed_by": by},
            events.removed,
            notify=notify,
        )

    def mark_done(self, by: Login) -> bool:
        """Note that it is done, and tell staff (P5). False if it was done already, or removed."""
        return self._change(
            Homework.objects.open(),
            {"done_at": timezone.now(), "done_by": by, "times_done": F("times_done") + 1},
            events.marked_done,
        )

    def reopen(self) -> bool:
        """Not done after all. False if it is open already, or removed."""
        return self._change(Homework.objects.done(), {"done_at": None, "done_by": None})

    @transaction.atomic
    def _change(
        self,
        rows: HomeworkQuerySet,
        values: dict[str, Any],
        event: Signal | None = None,
        **said: Any,
    ) -> bool:
        """Write these values if the row is still one of `rows`. Only who does announces the event."""
        changed = rows.filter(pk=self.pk).update(updated_at=timezone.now(), **values)
        self.refresh_from_db()
        if changed and event is not None:
            event.send(Homework, homework=self, **said)
        return bool(changed)
