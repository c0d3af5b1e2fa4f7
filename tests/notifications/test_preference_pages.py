"""The preference table under My Account and under Logins for Clients (P1, P3 to P7, O2, O3)."""

import re
from html import unescape

import pytest
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Preference, PreferenceChange, Role, TextStop, User
from accounts.tenancy import everywhere, within
from tests.conftest import Practice, choose, link, make_client, make_login, make_practice
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

MINE = "/account/"


def of(login: Login) -> str:
    return reverse("login", args=[login.pk])


def read(browser: Browser, url: str) -> str:
    """The words of a page, tags and line breaks aside."""
    response = browser.get(url)
    assert response.status_code == 200
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(unescape(words).split())


def ticks(browser: Browser, url: str) -> dict[str, bool]:
    """The table on this page: each tick by its name, and whether it is set."""
    html = browser.get(url).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="tell-([a-z-]+)"([^>]*)>', html)
    return {name: "checked" in rest for name, rest in boxes}


def save(browser: Browser, url: str, *ticked: str, shown: tuple[Feature, ...] = tuple(Feature)) -> str:
    """Send the table with these ticks set and all others not; returns what the next page says."""
    data = {"shown": [feature.value for feature in shown], **{f"tell-{name}": "on" for name in ticked}}
    response = browser.post(url, data, follow=True)
    assert response.status_code == 200
    return unescape(response.content.decode())


def choices(login: Login) -> dict[str, tuple[bool, bool]]:
    """What is kept: email and text by feature."""
    with within(login.organization_id):
        kept = Preference.objects.filter(login=login)
        return {one.feature: (bool(one.email_since), bool(one.text_since)) for one in kept}


def turn(practice: Practice, feature: Feature, *, on: bool) -> None:
    with within(practice.organization):
        FeatureToggle.objects.filter(feature=feature).turn(feature, on=on)


def test_a_mother_turns_texts_on_P1_P3(practice: Practice) -> None:
    browser = signed_in(practice.mom)
    every_email = [f"{feature}-email" for feature in Feature]
    assert [name for name, is_set in ticks(browser, MINE).items() if is_set] == sorted(every_email, key=order)
    said = save(browser, "/account/preferences/", *every_email, "appointments-text")
    assert "Saved." in said
    assert ticks(browser, MINE)["appointments-text"]
    assert choices(practice.mom)["appointments"] == (True, True)
    assert choices(practice.dad)["appointments"] == (True, False)


def order(name: str) -> int:
    return ["appointments", "messages", "homework", "invoices"].index(name.partition("-")[0])


@pytest.mark.parametrize(("email", "text"), [(True, False), (False, True), (True, True), (False, False)])
def test_email_text_both_or_neither_P1(email: bool, text: bool, practice: Practice) -> None:
    ticked = [f"messages-{channel}" for channel, on in (("email", email), ("text", text)) if on]
    save(signed_in(practice.mom), "/account/preferences/", *ticked)
    assert choices(practice.mom) == {
        "messages": (email, text),
        **dict.fromkeys(["appointments", "homework", "invoices"], (False, False)),
    }


def test_staff_choose_what_staff_are_told_P5(practice: Practice) -> None:
    browser = signed_in(practice.therapist)
    assert {name.partition("-")[0] for name in ticks(browser, MINE)} == {"messages", "homework", "invoices"}
    words = read(browser, MINE)
    for row in ("Messages from clients", "Homework marked done", "Invoices paid"):
        assert row in words
    assert "Appointment reminders" not in words
    save(browser, "/account/preferences/", "messages-text", "homework-email", "invoices-email")
    assert choices(practice.therapist) == {
        "appointments": (True, False),  # no row of the table, so as it was
        "messages": (False, True),
        "homework": (True, False),
        "invoices": (True, False),
    }


def test_staff_change_what_a_family_is_told_P4_P7(practice: Practice) -> None:
    browser = signed_in(practice.therapist)
    said = save(browser, f"/logins/{practice.mom.pk}/preferences/", "appointments-text", "messages-email")
    assert "Saved." in said
    assert choices(practice.mom) == {
        "appointments": (False, True),
        "messages": (True, False),
        "homework": (False, False),
        "invoices": (False, False),
    }
    with within(practice.organization):
        changes = PreferenceChange.objects.filter(login=practice.mom).order_by("feature", "channel")
        assert [(one.feature, one.channel, one.was, one.became, one.by_id) for one in changes] == [
            ("appointments", "email", True, False, practice.therapist.user_id),
            ("appointments", "text", False, True, practice.therapist.user_id),
            ("homework", "email", True, False, practice.therapist.user_id),
            ("invoices", "email", True, False, practice.therapist.user_id),
        ]


def test_staff_read_who_changed_what_and_when_P7(practice: Practice) -> None:
    assert "Nothing was changed yet" in read(signed_in(practice.owner), of(practice.mom))
    choose(practice.mom, Channel.TEXT)
    save(signed_in(practice.therapist), f"/logins/{practice.mom.pk}/preferences/", "appointments-text")
    with within(practice.organization):
        kept = Preference.objects.get(login=practice.mom, feature=Feature.MESSAGES)
        kept.choose(Channel.TEXT, on=True, by=User.objects.create_superuser("pat@blink.example"))
        kept.choose(Channel.TEXT, on=False, by=None)
    words = read(signed_in(practice.owner), of(practice.mom))
    assert "Not known New messages · Text on off" in words
    assert "Platform admin New messages · Text off on" in words
    assert "Theo Therapist Appointment reminders · Email on off" in words
    assert "Maria Rivera Appointment reminders · Text off on" in words


def test_saving_the_same_again_changes_nothing_P7(practice: Practice) -> None:
    every_email = [f"{feature}-email" for feature in Feature]
    assert "Nothing was changed." in save(signed_in(practice.mom), "/account/preferences/", *every_email)
    with everywhere("the test looks"):
        assert not PreferenceChange.objects.exists()


def test_a_feature_that_is_off_has_no_row_and_keeps_its_choices_O2_O3(practice: Practice) -> None:
    choose(practice.mom, Channel.TEXT, feature=Feature.INVOICES)
    before = choices(practice.mom)
    turn(practice, Feature.INVOICES, on=False)
    browsers = {MINE: signed_in(practice.mom), of(practice.mom): signed_in(practice.owner)}
    for url, browser in browsers.items():
        assert not [name for name in ticks(browser, url) if name.startswith("invoices")]
        assert "nvoice" not in read(browser, url)
    # Even what a page of yesterday or a forged form says of it is not taken.
    save(browsers[MINE], "/account/preferences/", "messages-email")
    save(browsers[of(practice.mom)], f"/logins/{practice.mom.pk}/preferences/", "messages-email", "invoices-email")
    assert choices(practice.mom)["invoices"] == before["invoices"] == (True, True)
    turn(practice, Feature.INVOICES, on=True)
    assert ticks(browsers[MINE], MINE)["invoices-email"]
    assert ticks(browsers[MINE], MINE)["invoices-text"]


def test_a_feature_that_came_on_while_the_form_was_open_is_left_as_it_is_O3(practice: Practice) -> None:
    seen = tuple(feature for feature in Feature if feature != Feature.HOMEWORK)
    save(signed_in(practice.mom), "/account/preferences/", "messages-email", shown=seen)
    assert choices(practice.mom)["homework"] == (True, False)
    assert choices(practice.mom)["appointments"] == (False, False)


def test_with_every_feature_off_there_is_no_table_O2(practice: Practice) -> None:
    for feature in Feature:
        turn(practice, feature, on=False)
    assert "What we tell you" not in read(signed_in(practice.mom), MINE)
    assert "What they are told" not in read(signed_in(practice.owner), of(practice.mom))


@pytest.mark.parametrize(
    ("phone", "yours", "theirs"),
    [
        ("", "we have no phone number of yours", "there is no phone number"),
        ("20655501411", "your phone number has 11 digits", "the phone number has 11 digits"),
        (
            "8765550143",
            "your phone number is not a U.S. or Canadian number",
            "the phone number is not a U.S. or Canadian number",
        ),
    ],
)
def test_the_page_tells_the_truth_about_texts_P6_T2_T3(phone: str, yours: str, theirs: str, practice: Practice) -> None:
    with within(practice.organization):
        Login.objects.filter(pk=practice.mom.pk).update(phone=phone)
    browser = signed_in(practice.mom)
    assert f"Texts cannot reach you: {yours}." in read(browser, MINE)
    assert f"Texts cannot reach Maria Rivera: {theirs}." in read(signed_in(practice.owner), of(practice.mom))
    save(browser, "/account/preferences/", "appointments-text")  # chosen all the same
    assert choices(practice.mom)["appointments"] == (False, True)


def test_a_practice_abroad_sends_no_texts_and_says_so_P6_T1(db: None) -> None:
    abroad = make_practice("Willowmere", country="GB", region="", time_zone="Europe/London")
    words = "texts are only sent by practices in the U.S. and Canada."
    assert f"Texts cannot reach you: {words}" in read(signed_in(abroad.mom), MINE)
    assert f"Texts cannot reach Maria Rivera: {words}" in read(signed_in(abroad.owner), of(abroad.mom))


def test_a_stop_and_how_to_undo_it_P6_T6(practice: Practice, settings: Settings) -> None:
    settings.DELIVERY, settings.TWILIO_FROM = "providers", "+12065550100"
    TextStop.objects.stop("2065550143")
    assert "text UNSTOP from your phone to (206) 555-0100." in read(signed_in(practice.mom), MINE)
    words = read(signed_in(practice.owner), of(practice.mom))
    assert "by texting UNSTOP from that phone to (206) 555-0100. Staff cannot undo a STOP." in words
    TextStop.objects.resume("2065550143")
    assert "STOP" not in read(signed_in(practice.mom), MINE)


def test_whoever_can_be_reached_reads_where_it_goes_P6(practice: Practice) -> None:
    words = read(signed_in(practice.mom), MINE)
    assert "cannot" not in words
    assert f"Emails go to {practice.mom.user.email} Texts go to (206) 555-0143" in words


def test_every_tick_has_a_label_and_the_truth_about_its_channel_P6_W1(practice: Practice) -> None:
    html = signed_in(practice.mom).get(MINE).content.decode()
    boxes = re.findall(r'<input type="checkbox"[^>]*>', html)
    assert len(boxes) == 8
    for box in boxes:
        found = dict(re.findall(r'([a-z-]+)="([^"]*)"', box))
        assert f'for="{found["id"]}"' in html
        assert f'id="{found["aria-describedby"]}"' in html
    assert "Appointment reminders by text" in html


def test_a_colleague_and_an_outsider_change_nothing_S1_S3(practice: Practice, other_practice: Practice) -> None:
    before = choices(practice.mom)
    colleague = make_login(practice.organization, "Cora Colleague", Role.STAFF)
    for login in (colleague, practice.dad, other_practice.owner):
        answer = signed_in(login).post(f"/logins/{practice.mom.pk}/preferences/", {"shown": list(Feature)})
        assert answer.status_code == 404
    assert choices(practice.mom) == before


def test_nobody_changes_what_staff_are_told_but_they_themselves_P5_S3(practice: Practice) -> None:
    answer = signed_in(practice.owner).post(f"/logins/{practice.therapist.pk}/preferences/", {"shown": list(Feature)})
    assert answer.status_code == 404


def test_each_practice_has_preferences_of_its_own_S1(practice: Practice, other_practice: Practice) -> None:
    there = make_login(other_practice.organization, "Maria Rivera", user=practice.mom.user)
    link(there, make_client(other_practice.organization))
    save(signed_in(there), "/account/preferences/", "messages-text")
    assert choices(there)["messages"] == (False, True)
    assert choices(practice.mom)["messages"] == (True, False)


def test_after_signing_in_anew_the_table_is_shown_again(practice: Practice) -> None:
    assert signed_in(practice.mom).get("/account/preferences/").headers["Location"] == "/account/#preferences"
    back = signed_in(practice.owner).get(f"/logins/{practice.mom.pk}/preferences/").headers["Location"]
    assert back == f"/logins/{practice.mom.pk}/#preferences"
