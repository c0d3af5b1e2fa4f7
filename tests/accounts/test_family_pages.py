"""Who signs in for a client: the guided way, one person after another, and what is refused (S1, S3, W2)."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client, Login, Role
from accounts.tenancy import within
from tests.accounts.mailbox import NEW_PASSWORD, letters_to, link_in
from tests.conftest import Practice, link, make_client, make_login
from tests.pages import same_queries, signed_in

pytestmark = pytest.mark.django_db

MOM = {"name": "Ana Lovelace", "email": "ana@mail.example", "phone": "+1 (206) 555-0155", "language": "en"}


def people(client: Client) -> set[str]:
    with within(client.organization_id):
        return {login.name for login in client.logins.clients()}


def of(client: Client, who: str = "") -> str:
    return f"/clients/{client.pk}/people/" + (f"?who={who}" if who else "")


def test_a_receptionist_adds_a_child_and_invites_mom_and_dad_and_mom_comes(practice: Practice) -> None:
    """The guided way, as a story: each page leads on to the next, and none needs JavaScript (W3)."""
    receptionist = make_login(practice.organization, "Rita Reception", Role.STAFF, is_user_admin=True)
    browser = signed_in(receptionist)
    details = {"first_name": "Ada", "last_name": "Lovelace", "born_on": "2017-04-09", "time_zone": ""}
    asked = browser.post("/clients/add/", {**details, "staff": [practice.therapist.pk]}, follow=True)
    client = asked.context["client"]
    page = asked.content.decode()
    assert "Ada Lovelace is added." in page
    for answer in ("A parent or carer", "The client themselves", "Somebody who signs in here already", "Nobody yet"):
        assert answer in page

    # Mom, by the first answer.
    assert "A parent or carer of <bdi>Ada Lovelace</bdi>" in browser.get(of(client, "carer")).content.decode()
    page = browser.post(of(client, "carer"), MOM, follow=True).content.decode()
    assert "Ana Lovelace is invited. The invitation is on its way to ana@mail.example." in page
    assert "Add another person" in page
    assert "Invited, not activated yet" in page
    assert "never texted" not in page

    # Dad, whose phone is not one that can be texted: kept, with a plain warning (T2).
    dad = {**MOM, "name": "Ben Lovelace", "email": "ben@mail.example", "phone": "555-0199"}
    page = browser.post(of(client, "carer"), dad, follow=True).content.decode()
    assert "5550199: This number is kept, but never texted: it has 7 digits" in page

    # An uncle who signs in for another child already.
    uncle = make_login(practice.organization, "Uli Lovelace", activated_at=timezone.now())
    page = browser.get(of(client, "existing") + "&q=uli").content.decode()
    assert "Uli Lovelace" in page
    assert "Ana Lovelace" not in page
    page = browser.post(f"/clients/{client.pk}/people/{uncle.pk}/link/", follow=True).content.decode()
    assert "Uli Lovelace signs in for Ada Lovelace now." in page
    assert people(client) == {"Ana Lovelace", "Ben Lovelace", "Uli Lovelace"}

    # Mom follows the link in her letter, and is in.
    (letter,) = letters_to("ana@mail.example")
    assert "Rita Reception invites you" in letter.body
    phone = Browser()
    phone.post(link_in(letter), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert phone.get("/account/").status_code == 200
    page = browser.get(f"/clients/{client.pk}/").content.decode()
    assert page.count("Invited, not activated yet") == 1  # dad


def test_the_client_themselves_can_sign_in_and_their_name_is_there_already(practice: Practice) -> None:
    long = make_client(practice.organization, "A" * 80, last_name="B" * 80)
    browser = signed_in(practice.owner)
    assert 'value="Mia Rivera"' in browser.get(of(practice.child, "client")).content.decode()
    assert 'value="Mia Rivera"' not in browser.get(of(practice.child, "carer")).content.decode()
    # A client's two names can be longer than a login's one.
    form = browser.get(of(long, "client")).context["form"]
    assert len(form["name"].value()) == 120
    browser.post(of(practice.child, "client"), {**MOM, "name": "Mia Rivera"})
    assert people(practice.child) == {"Maria Rivera", "Daniel Rivera", "Mia Rivera"}


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "This field is required."),
        ("name", "A" * 121, "at most 120 characters"),
        ("email", "", "This field is required."),
        ("email", "ana at mail", "Enter a valid email address."),
        ("phone", "1" * 65, "at most 64 characters"),
        ("language", "tlh", "Select a valid choice."),
    ],
)
def test_an_invitation_says_beside_the_field_what_is_wrong_and_keeps_the_rest_W2(
    practice: Practice, field: str, typed: str, words: str
) -> None:
    filled = {**MOM, "name": "Kept", "email": "kept@mail.example", field: typed}
    response = signed_in(practice.owner).post(of(practice.child, "carer"), filled)
    assert words in str(response.context["form"].errors[field])
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert ('value="Kept"' if field != "name" else 'value="kept@mail.example"') in page
    assert len(people(practice.child)) == 2
    assert letters_to("kept@mail.example") == []


def test_somebody_who_has_a_login_here_is_named_beside_the_email(practice: Practice) -> None:
    taken = {**MOM, "email": practice.mom.user.email.upper()}
    response = signed_in(practice.owner).post(of(practice.child, "carer"), taken)
    assert "Maria Rivera has this address and a login here already." in str(response.context["form"].errors["email"])


def test_a_user_of_another_practice_gets_a_login_of_their_own_here_S1(
    practice: Practice, other_practice: Practice
) -> None:
    """Nothing on the page differs from inviting somebody whom nobody knows."""
    browser = signed_in(practice.owner)
    page = browser.post(of(practice.child, "carer"), {**MOM, "email": other_practice.mom.user.email}, follow=True)
    assert f"Ana Lovelace is invited. The invitation is on its way to {other_practice.mom.user.email}." in (
        page.content.decode()
    )
    assert "Outside Counseling" not in page.content.decode()


@pytest.mark.parametrize(
    ("phone", "country", "words"),
    [
        ("(206) 555-0143", "US", ""),
        ("", "US", ""),
        ("(876) 555-0123", "US", "not a U.S. or Canadian number"),
        ("206 555 HOME", "US", "it has 6 digits"),
        ("(206) 555-0143", "GB", "only sent by practices in the U.S. and Canada"),
    ],
)
def test_a_phone_that_is_never_texted_is_kept_with_a_plain_warning_T1_T2_T3(
    practice: Practice, phone: str, country: str, words: str
) -> None:
    type(practice.organization).objects.filter(pk=practice.organization.pk).update(country=country)
    browser = signed_in(practice.owner)
    page = browser.post(of(practice.child, "carer"), {**MOM, "phone": phone}, follow=True).content.decode()
    assert ("never texted" in page) == bool(words)
    assert words in page
    with within(practice.organization):
        login = Login.objects.get(name="Ana Lovelace")
    for url in (f"/logins/{login.pk}/", f"/logins/{login.pk}/edit/"):
        assert words in browser.get(url).content.decode()


def test_staff_who_serve_the_client_invite_and_link_those_they_see_S3(practice: Practice) -> None:
    stranger = make_login(practice.organization, "Sam Stranger")
    second = make_client(practice.organization, "Leo", last_name="Rivera")
    link(practice.therapist, second)
    browser = signed_in(practice.therapist)
    browser.post(of(practice.child, "carer"), MOM)
    assert "Ana Lovelace" in people(practice.child)
    page = browser.get(of(second, "existing")).content.decode()
    assert "Maria Rivera" in page
    assert "Sam Stranger" not in page
    assert browser.post(f"/clients/{second.pk}/people/{stranger.pk}/link/").status_code == 404
    browser.post(f"/clients/{second.pk}/people/{practice.mom.pk}/link/")
    assert people(second) == {"Maria Rivera"}


def test_nobody_of_another_practice_is_linked_by_an_id_in_the_address_S1(
    practice: Practice, other_practice: Practice
) -> None:
    browser = signed_in(practice.owner)
    for client, login in (
        (practice.child, other_practice.mom),
        (other_practice.child, practice.mom),
        (other_practice.child, other_practice.dad),
        (practice.child, practice.therapist),  # staff are linked elsewhere
    ):
        for verb in ("link", "unlink"):
            assert browser.post(f"/clients/{client.pk}/people/{login.pk}/{verb}/").status_code == 404
    page = browser.get(of(practice.child, "existing")).content.decode()
    assert "Outside" not in page
    assert "outside-counseling" not in page
    for each in (practice, other_practice):
        assert people(each.child) == {"Maria Rivera", "Daniel Rivera"}


def test_unlinking_asks_first_and_says_what_it_means_W2(practice: Practice) -> None:
    browser = signed_in(practice.owner)
    url = f"/clients/{practice.child.pk}/people/{practice.dad.pk}/unlink/"
    asked = browser.get(url).content.decode()
    assert "Should Daniel Rivera no longer sign in for Mia Rivera?" in asked
    assert "no longer told anything about Mia Rivera" in asked
    assert people(practice.child) == {"Maria Rivera", "Daniel Rivera"}
    done = browser.post(url, follow=True)
    assert "Daniel Rivera no longer signs in for Mia Rivera." in done.content.decode()
    assert done.redirect_chain[-1][0] == f"/clients/{practice.child.pk}/"
    assert people(practice.child) == {"Maria Rivera"}
    assert browser.post(url).status_code == 404


def test_from_the_page_of_a_login_the_way_leads_back_there(practice: Practice) -> None:
    second = make_client(practice.organization, "Leo", last_name="Rivera")
    mom = f"/logins/{practice.mom.pk}/"
    browser = signed_in(practice.owner)
    response = browser.post(f"/clients/{second.pk}/people/{practice.mom.pk}/link/", {"back": "login"})
    assert response["Location"] == mom
    url = f"/clients/{second.pk}/people/{practice.mom.pk}/unlink/?back=login"
    assert f'href="{mom}"' in browser.get(url).content.decode()
    assert browser.post(url)["Location"] == mom
    # Whoever unlinks the last client they share with a login does not see it any more.
    therapist = signed_in(practice.therapist)
    last = f"/clients/{practice.child.pk}/people/{practice.mom.pk}/unlink/?back=login"
    assert therapist.post(last)["Location"] == f"/clients/{practice.child.pk}/"


def test_finding_an_existing_login_takes_as_many_queries_for_one_as_for_fifty(practice: Practice) -> None:
    same_queries(
        signed_in(practice.owner),
        of(practice.child, "existing"),
        lambda number: make_login(practice.organization, f"Parent {number}"),
    )


def test_an_answer_that_is_none_asks_again(practice: Practice) -> None:
    browser = signed_in(practice.owner)
    assert "Add another person" in browser.get(of(practice.child, "whoever")).content.decode()
    assert browser.post(of(practice.child, "existing"), MOM)["Location"] == of(practice.child)
    assert people(practice.child) == {"Maria Rivera", "Daniel Rivera"}


def test_whose_address_it_is_staff_learn_only_of_those_they_see_S3(practice: Practice) -> None:
    """By inviting addresses one after another nobody finds out who else comes here."""
    stranger = make_login(practice.organization, "Xenia Hidden")
    link(stranger, make_client(practice.organization, "Zed"))
    typed = {**MOM, "email": stranger.user.email}
    page = signed_in(practice.therapist).post(of(practice.child, "carer"), typed)
    assert "There is a login here with this address already. A user admin can link it." in page.content.decode()
    assert "Xenia" not in page.content.decode()
    waiting = make_login(practice.organization, "Wanda Waiting")
    link(waiting, practice.child)
    page = signed_in(practice.therapist).post(f"/logins/{waiting.pk}/email/", {"email": stranger.user.email})
    assert "Xenia" not in page.content.decode()
    page = signed_in(practice.owner).post(of(practice.child, "carer"), typed)
    assert "Xenia Hidden has this address and a login here already." in page.content.decode()
