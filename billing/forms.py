"""The form of an invoice: when it is due, a note, and its lines."""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.currencies import digits_of, smallest
from billing.fields import AmountField
from billing.models import DUE_AFTER, Invoice, InvoiceLine
from billing.money import trimmed
from billing.paper import sums_of, total_of
from billing.totals import Totals, totals_of

MOST_LINES = 50


def date_input() -> forms.DateInput:
    """The browser's own calendar."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class InvoiceForm(forms.Form):
    """What is said once. `earliest` is the first day it may be due: the day it was issued, or today."""

    due_on = forms.DateField(label=pgettext_lazy("invoice", "Due"), widget=date_input())
    note = forms.CharField(
        label=pgettext_lazy("invoice", "Note"),
        help_text=_("Printed below the total, such as how to pay. The family reads it."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, earliest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earliest = earliest

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on < self.earliest:
            raise ValidationError(_("It cannot be due before it is issued."))
        return due_on


class PaidForm(forms.Form):
    """The day on which an invoice was paid."""

    paid_on = forms.DateField(label=_("Paid on"), widget=date_input())

    def clean_paid_on(self) -> date:
        paid_on: date = self.cleaned_data["paid_on"]
        if paid_on > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        return paid_on


class LineForm(forms.Form):
    """One line. Without a description and a price it is as if it were not there."""

    description = forms.CharField(label=_("Description"), max_length=200)
    quantity = AmountField(label=_("Quantity"), max_digits=6, decimal_places=2, min_value=Decimal("0.01"))
    tax_rate = AmountField(label=_("Tax %"), max_digits=6, decimal_places=3, min_value=0, max_value=100)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        digits = digits_of(currency)
        self.fields["unit_price"] = AmountField(
            label=_("Price"), max_digits=7 + digits, decimal_places=digits, min_value=0, thousands=digits != 3
        )
        self.order_fields(["description", "quantity", "unit_price", "tax_rate"])

    def line(self) -> InvoiceLine:
        """The line, not saved, of a form that is valid."""
        return InvoiceLine(**self.cleaned_data)


Typed = dict[str, Any]
NEW_LINE: Typed = {"description": "", "quantity": "1", "unit_price": "", "tax_rate": "0"}


class Writing:
    """An invoice being written: its form, the forms of its lines, and what they come to so far.

    Without `data` it shows `invoice`, or an empty one. With data whose button is not "save" it shows what was typed,
    with a line more or less, and finds no fault yet. Works without JavaScript: every button posts all of it.
    """

    def __init__(self, *, currency: str, invoice: Invoice | None = None, data: Mapping[str, Any] | None = None) -> None:
        self.currency = currency
        self.saves = data is not None and data.get("action", "save") == "save" and "remove" not in data
        values, typed = _typed(data) if data is not None else _shown(invoice)
        issued_on = invoice.issued_on if invoice else None
        earliest = issued_on or timezone.localdate()
        self.form = InvoiceForm(values if self.saves else None, initial=values, earliest=earliest)
        self._typed = typed
        # Which filled-in form this is, for a new invoice: sent twice, it drafts one.
        self.form_id = _uuid(data.get("form_id")) if data is not None else uuid.uuid4()
        # The edition that the form was filled in upon.
        self.seen = str(data.get("seen", "")) if data is not None else invoice.edition if invoice else ""
        self.lines = [
            self._form(position, line, bound=self.saves and not _is_blank(line)) for position, line in enumerate(typed)
        ]
        if data is not None and data.get("action") == "add" and self.lines:
            self.lines[-1].fields["description"].widget.attrs["autofocus"] = True

    def _form(self, position: int, line: Typed, *, bound: bool) -> LineForm:
        prefix = f"line-{position}"
        data = {f"{prefix}-{name}": value for name, value in line.items()}
        return LineForm(data if bound else None, initial=line, prefix=prefix, currency=self.currency)

    @property
    def full(self) -> bool:
        return len(self.lines) >= MOST_LINES

    @property
    def has_no_line(self) -> bool:
        """Whether it was to be saved without one."""
        return self.saves and not self._said()

    def is_valid(self) -> bool:
        # Each is asked, so that all that is wrong is shown at once.
        valid = [self.form.is_valid(), *(form.is_valid() for form in self._said())]
        return all(valid) and not self.has_no_line

    def ask_again(self, invoice: Invoice) -> None:
        """A colleague was quicker: say so. What was typed stays; saved once more, it takes the place of theirs."""
        self.seen = invoice.edition
        words = _("This invoice was changed meanwhile. Look at it, and save once more to put this in its place.")
        self.form.add_error(None, words)

    def result(self) -> dict[str, Any]:
        """What `Invoice.draft` and `rewrite` take, once it is valid."""
        return {**self.form.cleaned_data, "lines": [form.line() for form in self._said()]}

    @cached_property
    def so_far(self) -> Totals:
        """What the lines come to as typed, leaving out those that cannot be read yet."""
        forms_of_amounts = [
            self._form(position, {**line, "description": line["description"] or "-"}, bound=True)
            for position, line in enumerate(self._typed)
        ]
        return totals_of([form.line() for form in forms_of_amounts if form.is_valid()], self.currency)

    @property
    def sums(self) -> list[tuple[str, str]]:
        return sums_of(self.so_far, self.currency)

    @property
    def total(self) -> tuple[str, str]:
        return total_of(self.so_far, self.currency)

    def _said(self) -> list[LineForm]:
        return [form for form, line in zip(self.lines, self._typed, strict=True) if not _is_blank(line)]


def _uuid(value: Any) -> uuid.UUID:
    """The form's own name; a new one for a form without, which then can be sent twice."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return uuid.uuid4()


def _typed(data: Mapping[str, Any]) -> tuple[Typed, list[Typed]]:
    """What was typed: the form's values and each line's, with a line more or less if that button was pressed."""
    count = data.get("count", "")
    positions = range(min(int(count), MOST_LINES) if count.isdecimal() and len(count) < 4 else 0)
    lines = [
        {name: data.get(f"line-{position}-{name}", "") for name in NEW_LINE}
        for position in positions
        if data.get("remove") != str(position)
    ]
    if data.get("action") == "add" and len(lines) < MOST_LINES:
        lines.append({**NEW_LINE, "tax_rate": lines[-1]["tax_rate"] if lines else NEW_LINE["tax_rate"]})
    return {name: data.get(name, "") for name in InvoiceForm.base_fields}, lines


def _shown(invoice: Invoice | None) -> tuple[Typed, list[Typed]]:
    """The same of an invoice as it is, or of a new one."""
    if invoice is None:
        return {"due_on": timezone.localdate() + timedelta(days=DUE_AFTER)}, [NEW_LINE]
    coin = smallest(invoice.currency)
    lines = [
        {
            "description": line.description,
            "quantity": trimmed(line.quantity),
            "unit_price": line.unit_price.quantize(coin),
            "tax_rate": trimmed(line.tax_rate),
        }
        for line in invoice.lines.all()
    ]
    return {"due_on": invoice.due_on, "note": invoice.note}, lines


def _is_blank(line: Typed) -> bool:
    return not str(line["description"]).strip() and not str(line["unit_price"]).strip()
