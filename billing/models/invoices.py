"""Invoices: what a practice asks of a client, and every verb that changes one."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.db import IntegrityError, models, transaction
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Client, Login, Organization, Role
from accounts.tenancy import TenantManager, TenantModel, TenantQuerySet
from billing.currencies import currency_of
from billing.editions import ChangedMeanwhile, edition_of
from billing.events import invoice_issued, invoice_paid
from billing.models.lines import InvoiceLine
from billing.models.numbering import InvoiceCounter
from billing.totals import Owed, Totals, totals_of

DUE_AFTER = 30
"""Days until an invoice is due, unless staff say otherwise."""


class NotReady(Exception):
    """A draft cannot be issued as it is: it has no line, or is due before it would be issued."""


class InvoiceQuerySet(TenantQuerySet["Invoice"]):
    def visible_to(self, login: Login) -> "InvoiceQuerySet":
        """Staff: of the clients they may see. Families: of their own clients, and never a draft (S3)."""
        invoices = self.filter(client__in=Client.objects.visible_to(login))
        return invoices.exclude(status=Invoice.Status.DRAFT) if login.role == Role.CLIENT else invoices

    def drafts(self) -> "InvoiceQuerySet":
        return self.filter(status=Invoice.Status.DRAFT)

    def unpaid(self) -> "InvoiceQuerySet":
        """Issued, and neither paid nor void: money that is owed."""
        return self.filter(status=Invoice.Status.ISSUED)

    def overdue(self, today: date) -> "InvoiceQuerySet":
        """Owed, and due before this day of the practice's calendar."""
        return self.unpaid().filter(due_on__lt=today)

    def editable(self) -> "InvoiceQuerySet":
        """Drafts and issued ones; what is paid or void stays as it is."""
        return self.filter(status__in=[Invoice.Status.DRAFT, Invoice.Status.ISSUED])

    def with_written(self) -> "InvoiceQuerySet":
        """Annotate `written`, the number with zeros before it, to be searched as people type it: "12" or "0012"."""
        zeros = Concat(Value("000"), Cast("number", models.CharField()))
        return self.annotate(written=models.Case(models.When(number__isnull=False, then=zeros), default=Value("")))

    def owed(self, today: date) -> "list[Owed]":
        """What is outstanding, and how much of it is overdue, by currency: one query."""
        late = models.Sum("total", filter=Q(due_on__lt=today), default=Decimal(0))
        sums = (
            self.unpaid().order_by().values("currency").annotate(all=models.Sum("total"), late=late, count=Count("*"))
        )
        return [Owed(row["currency"], row["all"], row["late"], row["count"]) for row in sums.order_by("currency")]

    def unpaid_first(self) -> "InvoiceQuerySet":
        """What is owed, the first due first; then the rest, the newest first."""
        owed = models.Case(
            models.When(status=Invoice.Status.ISSUED, then=0), default=1, output_field=models.SmallIntegerField()
        )
        due = models.Case(models.When(status=Invoice.Status.ISSUED, then=F("due_on")))
        return self.order_by(owed, due, "-issued_on", "-pk")


class Invoice(TenantModel):
    """What a practice asks of one client. Everything about it changes through its verbs.

    A draft has no number and no family sees it. Numbers are an organization's own, 1, 2, 3, without a gap: given
    when it is issued, and kept when it is voided.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("invoice", "Draft")
        ISSUED = "issued", pgettext_lazy("invoice", "Unpaid")
        PAID = "paid", pgettext_lazy("invoice", "Paid")
        VOID = "void", pgettext_lazy("invoice", "Void")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invoices")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="invoices")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, editable=False)
    # ISO 4217; the practice's on the day it was drafted.
    currency = models.CharField(_("currency"), max_length=3)
    due_on = models.DateField(_("due"))
    note = models.TextField(_("note"), max_length=1000, blank=True)
    # What its lines come to, by `totals_of`; written with the lines, so that lists and sums need none of them.
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=3, default=Decimal(0), editable=False)

    # The filled-in form that it came from, so that a double click drafts it once.
    form_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(Login, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(null=True, editable=False)
    # The day on the practice's calendar.
    issued_on = models.DateField(_("issued"), null=True, editable=False)
    issued_by = models.ForeignKey(Login, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    # The day that staff named, and the moment at which they did.
    paid_on = models.DateField(_("paid"), null=True, editable=False)
    paid_at = models.DateTimeField(null=True, editable=False)
    paid_by = models.ForeignKey(Login, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_by = models.ForeignKey(Login, on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    objects = TenantManager.from_queryset(InvoiceQuerySet)()

    class Meta(TenantModel.Meta):
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["organization", "form_id"], name="invoice_once_per_form"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "issued", "paid", "void"]), name="invoice_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", number=None, issued_on=None, issued_at=None)
                | (
                    ~Q(status="draft")
                    & Q(number__gte=1, number__isnull=False, issued_at__isnull=False)
                    & Q(issued_on__isnull=False, due_on__gte=F("issued_on"))
                ),
                name="invoice_numbered_when_issued",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_on__isnull=False, paid_at__isnull=False)
                | (~Q(status="paid") & Q(paid_on=None, paid_at=None)),
                name="invoice_paid_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(status="void", voided_at__isnull=False) | (~Q(status="void") & Q(voided_at=None)),
                name="invoice_voided_at_a_time",
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="invoice_total_not_negative"),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="invoice_by_age"),
            models.Index(fields=["organization", "due_on"], condition=Q(status="issued"), name="invoice_unpaid"),
            models.Index(fields=["client", "status"], name="invoice_by_client"),
        ]

    def __str__(self) -> str:
        return self.label or f"draft {self.pk}"

    @property
    def label(self) -> str:
        """The number as it is written: at least four digits. Empty for a draft."""
        return f"{self.number:04d}" if self.number else ""

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_unpaid(self) -> bool:
        return self.status == self.Status.ISSUED

    @property
    def is_paid(self) -> bool:
        return self.status == self.Status.PAID

    @property
    def is_void(self) -> bool:
        return self.status == self.Status.VOID

    @property
    def is_editable(self) -> bool:
        return self.is_draft or self.is_unpaid

    @property
    def is_overdue(self) -> bool:
        """By the calendar of the zone in force, which on a page is the practice's."""
        return self.is_unpaid and self.due_on < timezone.localdate()

    @cached_property
    def totals(self) -> Totals:
        """Net, tax by rate and total of its lines, in order; one query unless they are loaded."""
        return totals_of(self.lines.all(), self.currency)

    @classmethod
    @transaction.atomic
    def draft(
        cls,
        *,
        client: Client,
        by: Login,
        due_on: date,
        note: str = "",
        lines: Sequence[InvoiceLine],
        form_id: uuid.UUID | None = None,
    ) -> "Invoice":
        """A new draft for this client, in the practice's currency; the one there is, if its form was sent before.

        Nobody is told of it.
        """
        invoice = cls(
            organization=by.organization,
            client=client,
            created_by=by,
            currency=currency_of(str(by.organization.country)),
            due_on=due_on,
            note=note,
            form_id=form_id or uuid.uuid4(),
        )
        invoice.total = totals_of(lines, invoice.currency).total
        try:
            with transaction.atomic():
                invoice.save()
        except IntegrityError:
            return cls.objects.get(organization=by.organization, form_id=invoice.form_id)
        invoice._write(lines)
        return invoice

    @property
    def edition(self) -> str:
        """What it says and whether families see it, as one word; compared before it is written over."""
        return edition_of(status=self.status, due_on=self.due_on, note=self.note, lines=self.lines.all())

    @transaction.atomic
    def rewrite(self, *, due_on: date, note: str, lines: Sequence[InvoiceLine], seen: str = "") -> bool:
        """Replace what a draft or an issued invoice says; nobody is told. False if it is paid or void by now.

        Raises ChangedMeanwhile if it is not the edition that was `seen`, unless it says all of this already.
        """
        total = totals_of(lines, self.currency).total
        editable = Invoice.objects.editable().filter(pk=self.pk)
        held = editable.select_for_update().first()
        if held and seen not in ("", held.edition):
            wanted = edition_of(status=held.status, due_on=due_on, note=note, lines=lines)
            if wanted != held.edition:
                self._reread()
                raise ChangedMeanwhile
        rewritten = editable.update(due_on=due_on, note=note, total=total)
        if rewritten:
            InvoiceLine.objects.filter(invoice=self).delete()
            self._write(lines)
        self._reread()
        return bool(rewritten)

    def _write(self, lines: Sequence[InvoiceLine]) -> None:
        for position, line in enumerate(lines, start=1):
            line.organization_id, line.invoice, line.position = self.organization_id, self, position
        InvoiceLine.objects.bulk_create(lines)

    @transaction.atomic
    def issue(self, *, by: Login, at: datetime | None = None) -> bool:
        """Give a draft the next number and tell its families (N2). False if it is no draft any more.

        Raises NotReady. The number is counted in the same transaction: if that fails, nothing was counted.
        """
        at = at or timezone.now()
        today = timezone.localdate(at, by.organization.zone)
        draft = Invoice.objects.drafts().select_for_update().filter(pk=self.pk).first()
        if draft is None:
            self._reread()
            return False
        if draft.due_on < today or not draft.lines.exists():
            raise NotReady
        number = InvoiceCounter.next_of(self.organization_id)
        # Conditional all the same: not every database locks rows.
        issued = Invoice.objects.drafts().filter(pk=self.pk)
        issued.update(status=self.Status.ISSUED, number=number, issued_at=at, issued_on=today, issued_by=by)
        self._reread()
        invoice_issued.send(sender=Invoice, invoice=self, at=at)
        return True

    @transaction.atomic
    def mark_paid(self, *, on: date, by: Login, at: datetime | None = None) -> bool:
        """Note that it was paid on this day, and tell the staff concerned (P5). False unless it is owed."""
        at = at or timezone.now()
        unpaid = Invoice.objects.unpaid().filter(pk=self.pk)
        paid = unpaid.update(status=self.Status.PAID, paid_on=on, paid_at=at, paid_by=by)
        self._reread()
        if paid:
            invoice_paid.send(sender=Invoice, invoice=self, at=at)
        return bool(paid)

    def take_back_payment(self) -> bool:
        """It was not paid after all: owed again. False unless it is marked paid."""
        paid = Invoice.objects.filter(pk=self.pk, status=self.Status.PAID)
        taken_back = paid.update(status=self.Status.ISSUED, paid_on=None, paid_at=None, paid_by=None)
        self._reread()
        return bool(taken_back)

    def void(self, *, by: Login, at: datetime | None = None) -> bool:
        """Nobody owes it any more; it keeps its number. False unless it is owed."""
        voided = Invoice.objects.unpaid().filter(pk=self.pk)
        changed = voided.update(status=self.Status.VOID, voided_at=at or timezone.now(), voided_by=by)
        self._reread()
        return bool(changed)

    @transaction.atomic
    def discard(self) -> bool:
        """Delete a draft. False if it is none: what has a number stays."""
        # Locked first: Django deletes by the ids that it read, whatever became of them since.
        draft = Invoice.objects.drafts().select_for_update().filter(pk=self.pk).first()
        return draft is not None and bool(draft.delete()[0])

    def _reread(self) -> None:
        """Become what the database has now; somebody else may have deleted the draft."""
        for kept in ("totals", "_prefetched_objects_cache"):
            self.__dict__.pop(kept, None)
        if fresh := Invoice.objects.filter(pk=self.pk).first():
            for field in self._meta.concrete_fields:
                setattr(self, field.attname, getattr(fresh, field.attname))
