"""What every template uses: icons, moments, fields."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

from pages.icons import icon

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "shown"),
    [
        ("moment|when", "America/Los_Angeles", "Tue, Nov 24, 10:00 AM PST"),
        ("moment|when", "Europe/London", "Tue, Nov 24, 6:00 PM GMT"),
        ("moment|clock", "America/Sao_Paulo", "3:00 PM UTC-03"),
        ("moment|day", "Asia/Tokyo", "Wed, Nov 25"),
        ("next_year|day", "UTC", "Mon, Jan 4, 2027"),
        ("birthday|day", "UTC", "Sun, Apr 9, 2017"),
        ("nothing|when", "UTC", ""),
        ("nothing|day", "UTC", ""),
        ("nothing|clock", "UTC", ""),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_moments_are_shown_in_the_zone_of_the_page_with_its_letters_R4(expression: str, zone: str, shown: str) -> None:
    values = {
        "moment": NOW + timedelta(days=1),
        "next_year": datetime(2027, 1, 4, 12, 0, tzinfo=UTC),
        "birthday": date(2017, 4, 9),
        "nothing": None,
    }
    with timezone.override(ZoneInfo(zone)), translation.override("en"):
        assert Template("{% load pages %}{{ " + expression + " }}").render(Context(values)) == shown


def test_an_icon_stands_in_the_page_and_says_nothing_to_screen_readers_W1() -> None:
    drawing = icon("calendar")
    assert drawing.startswith('<svg class="icon" aria-hidden="true"')
    assert "//" not in drawing  # the page names no other origin


@pytest.mark.parametrize("name", ["no-such-icon", "../css/base", ""])
def test_an_icon_that_is_not_there_is_an_error_of_the_template(name: str) -> None:
    with pytest.raises(ValueError, match="no icon"):
        icon(name)


class Form(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the card.")
    nickname = forms.CharField(label="Nickname", required=False)
    told = forms.BooleanField(label="Told", required=False)


def test_a_field_says_beside_it_what_is_wrong_and_keeps_what_was_typed_W2() -> None:
    page = Form({"nickname": "<Bo>"}).render()
    assert "This field is required." in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert "&lt;Bo&gt;" in page
    assert page.count("(optional)") == 1  # a tick is never called so
