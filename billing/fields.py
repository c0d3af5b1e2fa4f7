"""Amounts as people type them."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import formats

_SIGNS = re.compile(r"[\s  $€£%'’]")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")


class AmountField(forms.DecimalField):
    """A decimal, with a comma or a point, and with signs around it: `$1,234.50`, `1 234,50`, `20 %`.

    `thousands`: a comma before exactly three digits parts thousands, as in a price. Otherwise it is a decimal comma:
    a tax of `9,975` is not nine thousand.
    """

    def __init__(self, *, thousands: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.thousands = thousands
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs know it as an integer's
        return super().to_python(self.plainly(value) if isinstance(value, str) else value)

    def plainly(self, typed: str) -> str:
        text = _SIGNS.sub("", typed)
        if "," in text and "." in text:  # the last one is the decimal
            comma_is_decimal = text.rindex(",") > text.rindex(".")
            return text.replace(".", "").replace(",", ".") if comma_is_decimal else text.replace(",", "")
        if self.thousands and _THOUSANDS.fullmatch(text):
            return text.replace(",", "")
        return text.replace(",", ".")

    def prepare_value(self, value: Any) -> Any:
        """Shown with the decimal sign of the reader's language; what was typed stays as typed."""
        return formats.number_format(value, force_grouping=False) if isinstance(value, Decimal) else value
