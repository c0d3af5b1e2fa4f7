"""A platform admin at work in Django admin, page by page, as the browser would send the forms."""

import re
from collections.abc import Iterable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.admin.models import LogEntry
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import ClientLink, FeatureToggle, Login, Organization, Preference, PreferenceChange, TextStop, User
from accounts.tenancy import everywhere, within
from tests.conftest import Practice, choose, make_client, make_login, make_organization, make_practice

PASSWORD = "a long enough password"
ORGANIZATIONS = "/admin/accounts/organization/"


@pytest.fixture
def platform_admin(db: None) -> User:
    return User.objects.create_superuser("pat@blink.example", PASSWORD)


@pytest.fixture
def browser(platform_admin: User) -> Browser:
    """The platform admin's browser, signed in."""
    browser = Browser()
    browser.force_login(platform_admin)
    return browser


class Form(HTMLParser):
    """What a browser would send back of a page's form, untouched."""

    def __init__(self, html: str, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.select = ""
        self.textarea = ""
        self.data: dict[str, Any] = {}
        self.choices: dict[str, set[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside:
            return
        if tag == "input" and name and given.get("type") not in {"submit", "file"}:
            if given.get("type") not in {"checkbox", "radio"}:
                self.data[name] = value
            elif "checked" in given:
                self.data[name] = value or "on"
        elif tag == "select":
            self.select = name
            self.choices[name] = set()
        elif tag == "option" and self.select:
            self.choices[self.select].add(value)
            if "selected" in given:
                self.data[self.select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = ""


def form_of(browser: Browser, url: str, form_id: str) -> Form:
    response = browser.get(url)
    assert response.status_code == 200
    return Form(response.content.decode(), form_id)


def the_list(browser: Browser, query: str = "") -> dict[str, Any]:
    data = form_of(browser, ORGANIZATIONS + query, "changelist-form").data
    return {name: value for name, value in data.items() if name not in {"action", "select_across"}}


def save_list(browser: Browser, data: dict[str, Any], query: str = "") -> None:
    response = browser.post(ORGANIZATIONS + query, {**data, "_save": "Save"})
    assert (response.status_code, response["Location"]) == (302, ORGANIZATIONS + query)


def checkbox(data: dict[str, Any], organization: Organization, feature: Feature) -> str:
    """The name of an organization's checkbox for a feature."""
    [row] = [
        name.removesuffix("-id")
        for name, value in data.items()
        if name.endswith("-id") and value == str(organization.pk)
    ]
    return f"{row}-feature_{feature.value}"


def act(browser: Browser, url: str, action: str, chosen: Iterable[Any]) -> str:
    """Carry out an action of a list; returns the page that follows."""
    data = {"action": action, "index": 0, "_selected_action": [str(one.pk) for one in chosen]}
    return browser.post(url, data, follow=True).content.decode()


def on(organization: Organization) -> set[str]:
    with within(organization):
        return set(FeatureToggle.objects.on().values_list("feature", flat=True))


ALL = set(Feature.values)


# Features


def test_a_feature_is_turned_off_for_three_practices_at_once_and_on_again_O1_O3(browser: Browser) -> None:
    three = [make_practice(f"Practice {number}") for number in range(3)]
    fourth = make_organization("Fourth")
    choose(three[0].mom, Channel.TEXT, feature=Feature.INVOICES)
    choose(three[1].dad, Channel.EMAIL, on=False, feature=Feature.INVOICES)
    with everywhere("the test looks at all"):
        before = list(Preference.objects.order_by("pk").values())

    page = act(browser, ORGANIZATIONS, "turn_invoices_off", [practice.organization for practice in three])
    assert "Invoices is now off for 3 practices." in page
    assert [on(practice.organization) for practice in three] == [ALL - {"invoices"}] * 3
    assert on(fourth) == ALL

    page = act(browser, ORGANIZATIONS, "turn_invoices_on", [practice.organization for practice in three])
    assert "Invoices is now on for 3 practices." in page
    assert [on(practice.organization) for practice in three] == [ALL] * 3
    with everywhere("the test looks at all"):
        assert list(Preference.objects.order_by("pk").values()) == before
        assert LogEntry.objects.filter(change_message="Turned Invoices off.").count() == 3


def test_saving_the_list_turns_one_feature_of_one_practice_only_O1(browser: Browser, platform_admin: User) -> None:
    first, second = make_organization("First"), make_organization("Second")
    with everywhere("the test looks at all"):
        before = dict(FeatureToggle.objects.values_list("pk", "on_since"))
    data = the_list(browser)
    del data[checkbox(data, first, Feature.HOMEWORK)]
    save_list(browser, data)

    assert on(first) == ALL - {"homework"}
    assert on(second) == ALL
    with everywhere("the test looks at all"):
        [changed] = [toggle for toggle in FeatureToggle.objects.all() if before[toggle.pk] != toggle.on_since]
    assert (changed.organization_id, changed.feature) == (first.pk, Feature.HOMEWORK)
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id, entry.change_message) == (
        platform_admin,
        str(first.pk),
        "Turned Homework off.",
    )


def test_a_feature_that_is_on_keeps_its_since_O5(browser: Browser) -> None:
    organization = make_organization()
    with within(organization):
        since = FeatureToggle.objects.get(feature=Feature.INVOICES).on_since
    page = act(browser, ORGANIZATIONS, "turn_invoices_on", [organization])
    assert "Invoices was on already." in page
    save_list(browser, the_list(browser))
    with within(organization):
        assert FeatureToggle.objects.get(feature=Feature.INVOICES).on_since == since
    assert not LogEntry.objects.exists()


def test_submitting_the_list_twice_is_harmless_O5(browser: Browser) -> None:
    organization = make_organization()
    act(browser, ORGANIZATIONS, "turn_invoices_off", [organization])
    data = the_list(browser)
    data[checkbox(data, organization, Feature.INVOICES)] = "on"
    save_list(browser, data)
    with within(organization):
        since = FeatureToggle.objects.get(feature=Feature.INVOICES).on_since
    save_list(browser, data)
    with within(organization):
        assert FeatureToggle.objects.get(feature=Feature.INVOICES).on_since == since
    assert on(organization) == ALL


def test_a_list_that_stood_open_undoes_nothing_that_others_did_meanwhile(browser: Browser) -> None:
    first, second = make_organization("First"), make_organization("Second")
    stale = the_list(browser)
    act(browser, ORGANIZATIONS, "turn_invoices_off", [first])
    del stale[checkbox(stale, second, Feature.HOMEWORK)]
    save_list(browser, stale)
    assert on(first) == ALL - {"invoices"}
    assert on(second) == ALL - {"homework"}


def test_a_practice_without_a_row_for_a_feature_has_it_off_and_can_turn_it_on(browser: Browser) -> None:
    """A feature that was added to Blink later."""
    in_list, by_action, by_page = (make_organization(name) for name in ("List", "Action", "Page"))
    with everywhere("the test takes rows away"):
        FeatureToggle.objects.filter(feature=Feature.HOMEWORK).delete()

    data = the_list(browser)
    box = checkbox(data, in_list, Feature.HOMEWORK)
    assert box not in data
    save_list(browser, {**data, box: "on"})
    act(browser, ORGANIZATIONS, "turn_homework_on", [by_action])
    page = form_of(browser, f"{ORGANIZATIONS}{by_page.pk}/change/", "organization_form").data
    assert "feature_homework" not in page
    response = browser.post(f"{ORGANIZATIONS}{by_page.pk}/change/", {**page, "feature_homework": "on"})
    assert response.status_code == 302

    assert [on(one) for one in (in_list, by_action, by_page)] == [ALL] * 3
    act(browser, ORGANIZATIONS, "turn_homework_off", [in_list])
    assert on(in_list) == ALL - {"homework"}


def test_saving_the_list_takes_as_many_queries_for_forty_rows_as_for_two(
    browser: Browser, django_assert_max_num_queries: Any
) -> None:
    organizations = [make_organization(f"Practice {number:02}") for number in range(40)]

    def turn_off(some: list[Organization], feature: Feature) -> int:
        data = the_list(browser)
        for organization in some:
            del data[checkbox(data, organization, feature)]
        with django_assert_max_num_queries(25) as queries:
            save_list(browser, data)
        assert [feature.value in on(organization) for organization in some] == [False] * len(some)
        return len(queries)

    turn_off(organizations[:1], Feature.MESSAGES)  # what the first change of a process looks up once and keeps
    assert turn_off(organizations[:2], Feature.INVOICES) == turn_off(organizations, Feature.HOMEWORK)


def test_showing_the_list_takes_as_many_queries_for_forty_rows_as_for_one(
    browser: Browser, django_assert_max_num_queries: Any
) -> None:
    def shown() -> int:
        with django_assert_max_num_queries(12) as queries:
            assert browser.get(ORGANIZATIONS).status_code == 200
        return len(queries)

    make_organization("Practice")
    shown()
    with_one = shown()
    for number in range(39):
        make_organization(f"Practice {number}")
    assert shown() == with_one


def test_the_practices_page_checks_its_address_and_switches_its_features(browser: Browser) -> None:
    organization = make_organization()
    url = f"{ORGANIZATIONS}{organization.pk}/change/"
    data = form_of(browser, url, "organization_form").data

    response = browser.post(url, {**data, "region": "Ontario"})
    assert "Enter a U.S. state or territory" in response.content.decode()

    moved = {**data, "country": "CA", "region": "Québec", "postal_code": "h2x1y4", "phone": "+1 (514) 555-0123"}
    del moved["feature_messages"]
    assert browser.post(url, moved).status_code == 302
    organization.refresh_from_db()
    assert (organization.region, organization.postal_code, organization.phone) == ("QC", "H2X 1Y4", "5145550123")
    assert on(organization) == ALL - {"messages"}


def test_a_new_practice_has_the_features_that_were_ticked(browser: Browser) -> None:
    data = form_of(browser, f"{ORGANIZATIONS}add/", "organization_form").data
    assert {f"feature_{feature}" for feature in ALL} <= data.keys()
    del data["feature_homework"]
    address = {"street": "1 High Street", "city": "Leeds", "country": "GB", "time_zone": "Europe/London"}
    response = browser.post(f"{ORGANIZATIONS}add/", {**data, "name": "Leeds Speech", "slug": "leeds", **address})
    assert response.status_code == 302
    assert on(Organization.objects.get(slug="leeds")) == ALL - {"homework"}


def test_practices_are_found_by_name_country_and_plan(browser: Browser) -> None:
    make_organization("Harbor Kids")
    make_organization("Clinique du Parc", country="CA", region="QC", postal_code="H2X 1Y4", plan="pro")
    for query, name, other in (
        ("?q=clinique", "Clinique du Parc", "Harbor Kids"),
        ("?country=US", "Harbor Kids", "Clinique du Parc"),
        ("?plan__exact=pro", "Clinique du Parc", "Harbor Kids"),
    ):
        page = browser.get(ORGANIZATIONS + query).content.decode()
        assert f">{name}</a>" in page
        assert f">{other}</a>" not in page


def test_a_tampered_list_changes_nothing(browser: Browser) -> None:
    organization = make_organization()
    browser.post(ORGANIZATIONS, {"_save": "Save", "form-TOTAL_FORMS": "many"})
    gone = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": "987654", "form-0-feature_homework": "on"}
    save_list(browser, gone)
    assert on(organization) == ALL


def test_a_practice_with_people_is_not_deleted_and_an_empty_one_is(browser: Browser) -> None:
    practice, empty = make_practice(), make_organization("Typo")
    practice.appointment(timedelta(days=1))
    for method in (browser.get, browser.post):
        page = method(f"{ORGANIZATIONS}{practice.organization.pk}/delete/", {"post": "yes"}).content.decode()
        for words in ("would require deleting", "Logins: 4", "Clients: 1", "Appointments: 1"):
            assert words in page
    assert browser.get(f"{ORGANIZATIONS}{empty.pk}/delete/").status_code == 200
    assert browser.post(f"{ORGANIZATIONS}{empty.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Organization.objects.all()) == [practice.organization]


# Logins, preferences, clients

LOGINS = "/admin/accounts/login/"
CLIENTS = "/admin/accounts/client/"


def login_page(login: Login) -> str:
    return f"{LOGINS}{login.pk}/change/"


def row_of(form: Form, login: Login, feature: Feature) -> str:
    """The prefix of a feature's row among the login's preferences."""
    with within(login.organization_id):
        pk = Preference.objects.get(login=login, feature=feature).pk
    [row] = [
        name.removesuffix("-id")
        for name, value in form.data.items()
        if name.startswith("preferences-") and name.endswith("-id") and value == str(pk)
    ]
    return row


def test_a_preference_changed_by_the_admin_is_on_record_P7(
    browser: Browser, platform_admin: User, practice: Practice
) -> None:
    form = form_of(browser, login_page(practice.mom), "login_form")
    row = row_of(form, practice.mom, Feature.MESSAGES)
    data = {**form.data, f"{row}-text": "on"}
    del data[f"{row}-email"]
    started = timezone.now()
    assert browser.post(login_page(practice.mom), data).status_code == 302

    with within(practice.organization):
        preference = Preference.objects.get(login=practice.mom, feature=Feature.MESSAGES)
        changes = PreferenceChange.objects.filter(login=practice.mom).order_by("channel")
        assert (preference.email_since, preference.text_since is None) == (None, False)
        assert [(one.feature, one.channel, one.was, one.became, one.by) for one in changes] == [
            ("messages", "email", True, False, platform_admin),
            ("messages", "text", False, True, platform_admin),
        ]
        assert all(started <= one.at <= timezone.now() for one in changes)
    assert "pat@blink.example" in browser.get(login_page(practice.mom)).content.decode()


def test_saving_a_login_unchanged_records_nothing_and_keeps_every_since_P7(
    browser: Browser, practice: Practice
) -> None:
    choose(practice.mom, Channel.TEXT)
    with within(practice.organization):
        before = list(Preference.objects.order_by("pk").values()), PreferenceChange.objects.count()
    form = form_of(browser, login_page(practice.mom), "login_form")
    assert browser.post(login_page(practice.mom), form.data).status_code == 302
    with within(practice.organization):
        assert (list(Preference.objects.order_by("pk").values()), PreferenceChange.objects.count()) == before


def test_a_login_page_that_stood_open_does_not_undo_the_persons_own_choice(
    browser: Browser, practice: Practice
) -> None:
    form = form_of(browser, login_page(practice.mom), "login_form")
    choose(practice.mom, Channel.TEXT)
    assert browser.post(login_page(practice.mom), {**form.data, "name": "Maria R."}).status_code == 302
    with within(practice.organization):
        assert Preference.objects.get(login=practice.mom, feature=Feature.APPOINTMENTS).text_since
        assert Login.objects.get(pk=practice.mom.pk).name == "Maria R."


def test_a_feature_that_is_off_has_no_row_among_the_preferences_O2(browser: Browser, practice: Practice) -> None:
    act(browser, ORGANIZATIONS, "turn_invoices_off", [practice.organization])
    form = form_of(browser, login_page(practice.mom), "login_form")
    assert form.data["preferences-TOTAL_FORMS"] == "3"
    with within(practice.organization):
        hidden = Preference.objects.get(login=practice.mom, feature=Feature.INVOICES)
    assert str(hidden.pk) not in {
        value for name, value in form.data.items() if name.startswith("preferences-") and name.endswith("-id")
    }


def test_clients_of_the_practice_are_linked_and_unlinked_and_no_others_S1(
    browser: Browser, practice: Practice, other_practice: Practice
) -> None:
    brother = make_client(practice.organization, "Leo")
    url = login_page(practice.mom)
    form = form_of(browser, url, "login_form")
    [box] = [name for name in form.choices if name.startswith("links-") and "__prefix__" not in name]
    assert form.choices[box] == {"", str(practice.child.pk), str(brother.pk)}

    response = browser.post(url, {**form.data, box: str(other_practice.child.pk)})
    assert response.status_code == 200
    assert "Select a valid choice" in response.content.decode()

    def linked() -> set[int]:
        with everywhere("the test looks at all"):
            return set(ClientLink.objects.filter(login=practice.mom).values_list("client_id", flat=True))

    assert linked() == {practice.child.pk}
    assert browser.post(url, {**form.data, box: str(brother.pk)}).status_code == 302
    assert linked() == {practice.child.pk, brother.pk}

    form = form_of(browser, url, "login_form")
    assert browser.post(url, {**form.data, "links-0-DELETE": "on"}).status_code == 302
    assert linked() == {brother.pk}


def test_a_client_linked_twice_is_refused_and_the_link_keeps_its_age_R9(browser: Browser, practice: Practice) -> None:
    with within(practice.organization):
        before = list(ClientLink.objects.order_by("pk").values())
    form = form_of(browser, login_page(practice.mom), "login_form")
    response = browser.post(login_page(practice.mom), {**form.data, "links-1-client": str(practice.child.pk)})
    assert response.status_code == 200
    assert "Please correct the duplicate data for client." in response.content.decode()
    with within(practice.organization):
        assert list(ClientLink.objects.order_by("pk").values()) == before


def test_logins_are_deactivated_and_reactivated_by_action(browser: Browser, practice: Practice) -> None:
    page = act(browser, LOGINS, "deactivate", [practice.mom, practice.dad])
    assert "Deactivated. 2 changed." in page
    with within(practice.organization):
        assert set(Login.objects.exclude(active_since=None)) == {practice.owner, practice.therapist}
    before = timezone.now()
    act(browser, LOGINS, "reactivate", [practice.mom])
    with within(practice.organization):
        since = Login.objects.get(pk=practice.mom.pk).active_since
    assert since is not None
    assert since >= before
    act(browser, LOGINS, "reactivate", [practice.mom])
    with within(practice.organization):
        assert Login.objects.get(pk=practice.mom.pk).active_since == since


def test_clients_are_discharged_and_readmitted_by_action(browser: Browser, practice: Practice) -> None:
    assert "Discharged. 1 changed." in act(browser, CLIENTS, "discharge", [practice.child])
    assert "Discharged. 0 changed." in act(browser, CLIENTS, "discharge", [practice.child])
    assert "Mia Rivera" not in browser.get(f"{CLIENTS}?active=yes").content.decode()
    assert "Readmitted. 1 changed." in act(browser, CLIENTS, "readmit", [practice.child])
    page = browser.get(f"{CLIENTS}?active=yes").content.decode()
    assert "Mia Rivera" in page
    assert "Maria Rivera" in page


def test_a_login_is_made_for_a_user_with_every_email_on_P2(browser: Browser, practice: Practice) -> None:
    form = form_of(browser, f"{LOGINS}add/", "login_form")
    user = User.objects.create_user("new@family.example")
    data = {
        **form.data,
        "organization": practice.organization.pk,
        "user": user.pk,
        "role": "client",
        "name": "New Parent",
        "phone": "+1 (604) 555-0199",
        "language": "en",
    }
    refused = browser.post(f"{LOGINS}add/", {**data, "is_user_admin": "on"})
    assert "Permissions are for staff" in refused.content.decode()
    assert browser.post(f"{LOGINS}add/", data).status_code == 302
    with within(practice.organization):
        login = Login.objects.get(user=user)
        assert login.phone == "6045550199"
        rows = Preference.objects.filter(login=login)
        assert [(bool(row.email_since), bool(row.text_since)) for row in rows] == [(True, False)] * len(Feature)


def test_an_existing_login_does_not_move_to_another_practice_or_user_S4(
    browser: Browser, practice: Practice, other_practice: Practice
) -> None:
    form = form_of(browser, login_page(practice.mom), "login_form")
    forged = {"organization": other_practice.organization.pk, "user": other_practice.mom.user_id, "role": "staff"}
    assert browser.post(login_page(practice.mom), {**form.data, **forged}).status_code == 302
    with within(practice.organization):
        login = Login.objects.get(pk=practice.mom.pk)
    assert (login.organization_id, login.user_id, login.role) == (
        practice.organization.pk,
        practice.mom.user_id,
        "client",
    )


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("2065550143", "Can be texted"),
        ("22065550143", "Not texted: the phone number has 11 digits"),
        ("", "Not texted: there is no phone number"),
        ("8765550143", "Not texted: the phone number is not a U.S. or Canadian number"),
        ("2065559999", "Not texted: this number replied STOP"),
    ],
)
def test_the_logins_say_in_words_whether_a_phone_can_be_texted_T2_T3_T6(
    browser: Browser, phone: str, words: str
) -> None:
    organization = make_organization()
    login = make_login(organization, "Nadia Phone", phone=phone)
    TextStop.objects.stop("(206) 555-9999")
    assert words in browser.get(LOGINS).content.decode()
    assert words in browser.get(login_page(login)).content.decode()


def test_logins_and_clients_are_listed_in_as_many_queries_for_many_as_for_few(
    browser: Browser, practice: Practice, django_assert_max_num_queries: Any
) -> None:
    def shown(url: str) -> int:
        with django_assert_max_num_queries(15) as queries:
            assert browser.get(url).status_code == 200
        return len(queries)

    for url in (LOGINS, CLIENTS):
        shown(url)
    few = [shown(LOGINS), shown(CLIENTS)]
    for number in range(20):
        login = make_login(practice.organization, f"Parent {number}", phone="2065550143")
        with within(practice.organization):
            login.link(make_client(practice.organization, f"Child {number}"))
    assert [shown(LOGINS), shown(CLIENTS)] == few


def test_a_login_is_found_by_its_phone_however_it_is_typed(browser: Browser, practice: Practice) -> None:
    page = browser.get(LOGINS, {"q": "+1 (206) 555-0143"}).content.decode()
    assert "Maria Rivera" in page
    assert "Daniel Rivera" not in page


# Text stops


def test_a_stop_is_shown_and_is_no_row_that_anybody_edits_T6(browser: Browser) -> None:
    TextStop.objects.stop("206-555-0143")
    stop = TextStop.objects.get()
    stops = "/admin/accounts/textstop/"
    assert "(206) 555-0143" in browser.get(stops, {"q": "(206) 555-0143"}).content.decode()
    page = f"{stops}{stop.pk}/"
    assert browser.get(f"{page}change/").status_code == 200
    refused = [
        browser.get(f"{stops}add/"),
        browser.post(f"{stops}add/", {"phone": "2065550144"}),
        browser.post(f"{page}change/", {"phone": "2065550144", "stopped_since": ""}),
        browser.get(f"{page}delete/"),
        browser.post(f"{page}delete/", {"post": "yes"}),
    ]
    assert [response.status_code for response in refused] == [403] * 5
    act(browser, stops, "delete_selected", [stop])
    assert list(TextStop.objects.in_force().values_list("phone", flat=True)) == ["2065550143"]


# Users


def test_a_user_is_made_without_a_password_and_given_one_later(browser: Browser) -> None:
    users = "/admin/accounts/user/"
    assert browser.get(f"{users}add/").status_code == 200
    assert (
        browser.post(f"{users}add/", {"email": "New@Practice.Example", "usable_password": "false"}).status_code == 302
    )
    user = User.objects.get(email="new@practice.example")
    assert not user.has_usable_password()

    page = f"{users}{user.pk}/"
    assert browser.get(f"{page}change/").status_code == 200
    given = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert browser.post(f"{page}password/", {**given, "set-password": "1"}).status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD)

    again = browser.post(f"{users}add/", {"email": "new@practice.EXAMPLE", "usable_password": "false"})
    assert "already exists" in again.content.decode()


def test_a_platform_admin_does_not_lock_themselves_out(browser: Browser, platform_admin: User) -> None:
    url = f"/admin/accounts/user/{platform_admin.pk}/change/"
    data = form_of(browser, url, "user_form").data
    for right in ("is_active", "is_superuser"):
        response = browser.post(url, {name: value for name, value in data.items() if name != right})
        assert "You cannot take your own access away" in response.content.decode()
    platform_admin.refresh_from_db()
    assert platform_admin.is_active
    assert platform_admin.is_platform_admin


def test_people_are_never_deleted_so_the_record_stays_L1_P7(browser: Browser, practice: Practice) -> None:
    for url in (
        f"/admin/accounts/user/{practice.mom.user_id}/delete/",
        f"{LOGINS}{practice.mom.pk}/delete/",
        f"{CLIENTS}{practice.child.pk}/delete/",
    ):
        assert [browser.get(url).status_code, browser.post(url, {"post": "yes"}).status_code] == [403, 403]


# Who enters


def admin_pages() -> list[str]:
    models = ["organization", "user", "client", "login", "textstop"]
    lists = [f"/admin/accounts/{model}/" for model in models]
    return [
        "/admin/",
        *lists,
        *(f"{url}add/" for url in lists),
        "/admin/notifications/notification/",
        "/admin/scheduling/appointment/",
        "/admin/password_change/",
        "/admin/autocomplete/?app_label=accounts&model_name=login&field_name=user&term=a",
    ]


def test_nobody_but_a_platform_admin_enters_S4(practice: Practice) -> None:
    """Not even the owner of a practice, who administers everything there."""
    owner = Browser()
    owner.force_login(practice.owner.user)
    for browser in (owner, Browser()):
        for url in admin_pages():
            response = browser.get(url)
            assert response.status_code == 302, url
            assert response["Location"].startswith(reverse("admin:login")), url
        assert browser.post(ORGANIZATIONS, {"action": "turn_invoices_off", "_selected_action": "1"}).status_code == 302
    assert on(practice.organization) == ALL


def test_whoever_is_signed_in_and_no_platform_admin_is_refused_S4(practice: Practice) -> None:
    owner = Browser()
    owner.force_login(practice.owner.user)
    assert owner.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_the_way_into_the_admin_leads_to_no_other_site(browser: Browser, evil: str) -> None:
    assert browser.get("/admin/login/", {"next": evil})["Location"] == "/admin/"
    assert Browser().get("/admin/login/", {"next": evil})["Location"] == "/account/login/?next=/admin/"


def test_the_admin_has_no_sign_in_of_its_own_where_passwords_could_be_guessed_S5(platform_admin: User) -> None:
    stranger = Browser()
    typed = {"username": platform_admin.email, "password": PASSWORD}
    response = stranger.post("/admin/login/?next=/admin/accounts/user/", typed)
    assert response["Location"] == "/account/login/?next=/admin/accounts/user/"
    assert "_auth_user_id" not in stranger.session


def test_a_platform_admins_second_factor_is_asked_for_S5(platform_admin: User) -> None:
    TOTP.activate(platform_admin, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    browser = Browser()
    way_in = browser.get("/admin/", follow=True).redirect_chain[-1][0]
    response = browser.post(way_in, {"login": platform_admin.email, "password": PASSWORD})
    assert response["Location"].startswith("/account/2fa/authenticate/")
    assert browser.get("/admin/").status_code == 302


def test_a_platform_admin_signs_in_works_changes_their_password_and_signs_out(
    platform_admin: User, practice: Practice
) -> None:
    browser = Browser()
    way_in = browser.get("/admin/", follow=True).redirect_chain[-1][0]
    typed = {"login": "Pat@Blink.example", "password": PASSWORD, "next": "/admin/"}
    assert browser.post(way_in, typed)["Location"] == "/admin/"
    for url in admin_pages():
        expected = 403 if url in ("/admin/accounts/textstop/add/", "/admin/accounts/emailstop/add/") else 200
        assert browser.get(url).status_code == expected, url
    found = browser.get(
        "/admin/autocomplete/?app_label=accounts&model_name=login&field_name=organization&term=harbor"
    ).json()
    assert [one["text"] for one in found["results"]] == ["Harbor Kids Therapy"]
    assert browser.get(f"{login_page(practice.mom).removesuffix('change/')}history/").status_code == 200

    new = "another long password"
    changed = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert browser.post("/admin/password_change/", changed)["Location"] == "/admin/password_change/done/"
    assert browser.get("/admin/password_change/done/").status_code == 200
    platform_admin.refresh_from_db()
    assert platform_admin.check_password(new)
    assert browser.post("/admin/logout/").status_code == 200
    assert browser.get("/admin/").status_code == 302


def test_a_platform_admin_who_was_deactivated_is_out_at_once(browser: Browser, platform_admin: User) -> None:
    assert browser.get("/admin/").status_code == 200
    User.objects.filter(pk=platform_admin.pk).update(is_active=False)
    assert browser.get("/admin/").status_code == 302


def test_the_pages_need_nothing_that_the_content_security_policy_forbids(browser: Browser, practice: Practice) -> None:
    pages = [*admin_pages(), login_page(practice.mom), f"{ORGANIZATIONS}{practice.organization.pk}/change/"]
    for url in pages:
        html = browser.get(url).content.decode()
        inline = re.findall(r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son[a-z]+=|javascript:", html)
        assert inline == [], url
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', html), url
