"""Clients in the browser: the list, adding, editing, discharge, and whose clients staff see (S1, S3, W1 to W3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Client, Login, Role
from accounts.tenancy import within
from tests.conftest import Practice, link, make_client, make_login, make_practice
from tests.pages import same_queries, signed_in

pytestmark = pytest.mark.django_db

DETAILS = {"first_name": "Ada", "last_name": "Lovelace", "born_on": "2017-04-09", "time_zone": ""}
LIST = "/clients/"


def page(login: Login, url: str) -> str:
    response = signed_in(login).get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def now_of(client: Client) -> Client:
    with within(client.organization_id):
        return Client.objects.get(pk=client.pk)


def test_staff_list_those_they_serve_and_a_user_admin_shows_all_S3(practice: Practice) -> None:
    make_client(practice.organization, "Leo", last_name="Unserved")
    shown = page(practice.therapist, LIST)
    assert "Mia Rivera" in shown
    assert "Leo" not in shown
    assert "Show all" not in shown
    # Nobody but a user admin gets more by asking for it.
    assert "Leo" not in page(practice.therapist, f"{LIST}?show=all")
    link(practice.owner, practice.child)
    assert "Leo" not in page(practice.owner, LIST)
    assert "Leo Unserved" in page(practice.owner, f"{LIST}?show=all")


def test_a_user_admin_who_serves_nobody_starts_with_all(practice: Practice) -> None:
    assert "Mia Rivera" in page(practice.owner, LIST)
    assert "Mia Rivera" not in page(practice.owner, f"{LIST}?show=mine")


def test_the_list_says_who_signs_in_and_who_serves_S1(practice: Practice, other_practice: Practice) -> None:
    shown = page(practice.owner, LIST)
    for words in ("Maria Rivera", "Daniel Rivera", "Theo Therapist"):
        assert words in shown
    assert shown.count("Mia Rivera") == 1  # the other practice has one as well
    with within(practice.organization):
        practice.dad.deactivate()
    assert "Daniel Rivera" not in page(practice.owner, LIST)


def test_the_list_is_searched_by_name_and_narrowed_by_care_W2(practice: Practice) -> None:
    gone = make_client(practice.organization, "Gone", last_name="Girl")
    with within(practice.organization):
        gone.discharge()
    assert "Gone" not in page(practice.owner, LIST)
    assert "Gone Girl" in page(practice.owner, f"{LIST}?care=discharged")
    assert "Mia Rivera" not in page(practice.owner, f"{LIST}?care=discharged")
    both = page(practice.owner, f"{LIST}?care=any&q=r")
    assert "Gone Girl" in both
    assert "Mia Rivera" in both
    found = page(practice.owner, f"{LIST}?q=riv+mia")
    assert "Mia Rivera" in found
    # The tabs keep the words, the search keeps the tabs.
    assert 'href="?q=riv+mia&amp;care=discharged"' in found
    assert '<input type="hidden" name="care" value="discharged">' in page(practice.owner, f"{LIST}?care=discharged")


@pytest.mark.parametrize(
    ("who", "query", "words"),
    [
        ("owner", "?q=nobody", "No client has this name"),
        ("owner", "?care=discharged", "Nobody is discharged"),
        ("owner", "?show=mine", "No client is linked to you yet"),
        ("owner", "?show=all&q=x&care=discharged", "No client has this name"),
        ("colleague", "", "No client is linked to you yet"),
    ],
)
def test_an_empty_list_says_what_to_do_next_W2(practice: Practice, who: str, query: str, words: str) -> None:
    login = practice.owner if who == "owner" else make_login(practice.organization, "Cora", Role.STAFF)
    assert words in page(login, LIST + query)


def test_the_list_takes_as_many_queries_for_one_client_as_for_fifty(practice: Practice) -> None:
    def add(number: int) -> None:
        client = make_client(practice.organization, f"Client {number}")
        parent = make_login(practice.organization, f"Parent {number}")
        link(parent, client)
        link(practice.therapist, client)

    same_queries(signed_in(practice.therapist), LIST, add)
    same_queries(signed_in(practice.owner), f"{LIST}?show=all", lambda number: add(number + 100))


def test_the_page_of_a_client_takes_as_many_queries_for_one_person_as_for_fifty(practice: Practice) -> None:
    def add(number: int) -> None:
        link(make_login(practice.organization, f"Relative {number}"), practice.child)

    same_queries(signed_in(practice.owner), f"/clients/{practice.child.pk}/", add)
    same_queries(signed_in(practice.owner), f"/clients/{practice.child.pk}/people/", lambda number: add(number + 100))


def test_pages_turn_and_keep_the_filter_W2(practice: Practice) -> None:
    for number in range(55):
        make_client(practice.organization, f"Zoe {number:02}")
    first = page(practice.owner, f"{LIST}?q=zoe")
    assert "Zoe 49" in first
    assert "Zoe 50" not in first
    assert 'rel="next" href="?q=zoe&amp;page=2"' in first
    assert "Zoe 50" in page(practice.owner, f"{LIST}?q=zoe&page=2")


def test_the_page_of_a_client_shows_facts_people_and_staff(practice: Practice) -> None:
    with within(practice.organization):
        Client.objects.filter(pk=practice.child.pk).update(born_on=timezone.localdate() - timedelta(days=8 * 366))
        Login.objects.filter(pk=practice.dad.pk).update(activated_at=None)
    shown = page(practice.therapist, f"/clients/{practice.child.pk}/")
    for words in (
        "(8 years old)",
        "America/Los Angeles",
        "Maria Rivera",
        "(206) 555-0143",
        "Invited, not activated yet",
        "Theo Therapist",
    ):
        assert words in shown
    # Discharging and changing who serves them are a user admin's.
    assert "Discharge" not in shown
    assert "/staff/" not in shown
    assert "Discharge" in page(practice.owner, f"/clients/{practice.child.pk}/")


def test_staff_edit_the_details_of_whom_they_serve(practice: Practice) -> None:
    url = f"/clients/{practice.child.pk}/edit/"
    response = signed_in(practice.therapist).post(
        url, {**DETAILS, "first_name": "  Zoë 🦊 ", "time_zone": "Europe/Paris"}, follow=True
    )
    assert "The details of Zoë 🦊 Lovelace are saved." in response.content.decode()
    saved = now_of(practice.child)
    assert (saved.name, saved.time_zone, str(saved.born_on)) == ("Zoë 🦊 Lovelace", "Europe/Paris", "2017-04-09")
    assert 'value="2017-04-09"' in page(practice.therapist, url)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("first_name", "   ", "This field is required."),
        ("first_name", "A" * 81, "at most 80 characters"),
        ("born_on", "2999-01-01", "This day has not come yet."),
        ("born_on", "1817-04-09", "Check the year."),
        ("born_on", "soon", "Enter a valid date."),
        ("time_zone", "Mars/Olympus", "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_the_rest_is_kept_W2(
    practice: Practice, field: str, typed: str, words: str
) -> None:
    for url in ("/clients/add/", f"/clients/{practice.child.pk}/edit/"):
        response = signed_in(practice.owner).post(url, {**DETAILS, "last_name": "Kept as typed", field: typed})
        form = response.context["form"]
        assert words in str(form.errors[field])
        assert response.status_code == 200
        shown = response.content.decode()
        assert 'value="Kept as typed"' in shown
        assert f'id="id_{field}_error"' in shown
    assert now_of(practice.child).name == "Mia Rivera"
    with within(practice.organization):
        assert Client.objects.count() == 1


def test_saving_details_leaves_alone_what_changed_meanwhile(practice: Practice) -> None:
    """Somebody discharges the client while somebody else has the form open: it stays so."""
    from accounts.forms.clients import ClientForm

    with within(practice.organization):
        stale = Client.objects.get(pk=practice.child.pk)
        practice.child.discharge()
        form = ClientForm(DETAILS, instance=stale, organization=practice.organization)
        assert form.is_valid()
        form.save()
    saved = now_of(practice.child)
    assert saved.active_since is None
    assert saved.first_name == "Ada"


def test_adding_a_client_links_the_staff_who_serve_them_S1(practice: Practice, other_practice: Practice) -> None:
    browser = signed_in(practice.owner)
    shown = browser.get("/clients/add/").content.decode()
    assert shown.count("Theo Therapist") == 1  # the other practice has one of that name
    response = browser.post("/clients/add/", {**DETAILS, "staff": [practice.therapist.pk]})
    with within(practice.organization):
        client = Client.objects.get(first_name="Ada")
        assert list(client.logins.all()) == [practice.therapist]
    assert response["Location"] == f"/clients/{client.pk}/people/"


@pytest.mark.parametrize("whose", ["another practice", "a parent"])
def test_nobody_but_own_staff_can_be_chosen_to_serve_S1(
    practice: Practice, other_practice: Practice, whose: str
) -> None:
    foreign = other_practice.therapist if whose == "another practice" else practice.mom
    for url in ("/clients/add/", f"/clients/{practice.child.pk}/staff/"):
        response = signed_in(practice.owner).post(url, {**DETAILS, "staff": [foreign.pk]})
        assert "Select a valid choice." in str(response.context["form"].errors["staff"])
    with within(practice.organization):
        assert Client.objects.count() == 1
        assert set(practice.child.logins.staff()) == {practice.therapist}


def test_a_user_admin_changes_who_serves_a_client(practice: Practice) -> None:
    colleague = make_login(practice.organization, "Cora Colleague", Role.STAFF)
    left = make_login(practice.organization, "Lew Left", Role.STAFF)
    link(left, practice.child)
    with within(practice.organization):
        left.deactivate()
    url = f"/clients/{practice.child.pk}/staff/"
    shown = page(practice.owner, url)
    assert "Lew Left" not in shown
    assert f'value="{practice.therapist.pk}" ' in shown
    assert shown.count("checked") == 1
    signed_in(practice.owner).post(url, {"staff": [colleague.pk]})
    with within(practice.organization):
        # Whoever is not offered keeps the link.
        assert set(practice.child.logins.staff()) == {colleague, left}
        assert set(practice.child.logins.clients()) == {practice.mom, practice.dad}


def test_discharge_asks_first_says_what_stops_and_can_be_undone_W2(practice: Practice) -> None:
    browser = signed_in(practice.owner)
    url = f"/clients/{practice.child.pk}/"
    asked = browser.get(f"{url}discharge/").content.decode()
    assert "Discharge Mia Rivera?" in asked
    assert "nothing more is sent about them" in asked
    assert now_of(practice.child).active_since is not None
    done = browser.post(f"{url}discharge/", follow=True).content.decode()
    assert "Mia Rivera is discharged." in done
    assert "Discharged: nothing is sent about this client." in done
    assert now_of(practice.child).active_since is None
    assert "Readmit Mia Rivera?" in browser.get(f"{url}readmit/").content.decode()
    assert "Mia Rivera is in care again." in browser.post(f"{url}readmit/", follow=True).content.decode()
    assert now_of(practice.child).active_since is not None
    # A second click says nothing twice.
    assert "is in care again" not in browser.post(f"{url}readmit/", follow=True).content.decode()


@pytest.mark.parametrize("name", ["👩‍👩‍👧 🦊", "محمد بن موسى الخوارزمي", "A" * 80, "<script>alert(1)</script>"])
def test_any_name_is_shown_as_it_is(practice: Practice, name: str) -> None:
    make_client(practice.organization, name)
    shown = page(practice.owner, LIST)
    escaped = name.replace("<", "&lt;").replace(">", "&gt;")
    assert f"<bdi>{escaped}</bdi>" in shown
    assert "<script>alert" not in shown


def test_the_list_of_five_thousand_is_one_page_of_fifty(practice: Practice) -> None:
    with within(practice.organization):
        Client.objects.bulk_create(
            Client(organization=practice.organization, first_name=f"Name {number:04}") for number in range(5000)
        )
    response: Any = signed_in(practice.owner).get(f"{LIST}?q=name+4")
    assert len(response.context["listing"].rows) == 50
    assert response.content.decode().count('data-label="Who signs in"') == 50


def test_another_practice_finds_none_of_it_S1(practice: Practice) -> None:
    other = make_practice("Elsewhere")
    for address in ("", "edit/", "staff/", "discharge/", "readmit/", "people/"):
        url = f"/clients/{practice.child.pk}/{address}"
        assert signed_in(other.owner).get(url).status_code == 404
        assert signed_in(other.owner).post(url, DETAILS).status_code in (404, 405)
    assert now_of(practice.child).first_name == "Mia"
