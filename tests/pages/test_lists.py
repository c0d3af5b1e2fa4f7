"""Lists: what is searched for, and which page of it (W2)."""

import pytest
from django.test import RequestFactory

from accounts.models import Client
from pages.lists import listing
from tests.conftest import Practice, make_client

pytestmark = pytest.mark.django_db

SEARCH = ("first_name", "last_name")


def names(address: str, *, per_page: int = 50) -> list[str]:
    request = RequestFactory().get(address)
    return [client.name for client in listing(request, Client.objects.all(), search=SEARCH, per_page=per_page).rows]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Ada Lovelace", "Adam Smith", "Mia Rivera"]),
        ("ada", ["Ada Lovelace", "Adam Smith"]),
        ("  ADA   love ", ["Ada Lovelace"]),
        ("smith ada", ["Adam Smith"]),
        ("nobody", []),
        ("%", []),
        ("\x00", ["Ada Lovelace", "Adam Smith", "Mia Rivera"]),
        ("👩‍⚕️", []),
    ],
)
def test_each_word_must_be_in_one_of_the_fields_W2(in_practice: Practice, words: str, found: list[str]) -> None:
    make_client(in_practice.organization, "Ada", last_name="Lovelace")
    make_client(in_practice.organization, "Adam", last_name="Smith")
    request = RequestFactory().get("/", {"q": words})
    assert [client.name for client in listing(request, Client.objects.all(), search=SEARCH).rows] == found


def test_a_page_out_of_range_is_the_nearest_there_is_W2(in_practice: Practice) -> None:
    for number in range(5):
        make_client(in_practice.organization, f"Zoe {number}")
    assert names("/?page=2&q=zoe", per_page=2) == ["Zoe 2", "Zoe 3"]
    for beyond in ("99", "-1", "0"):
        assert names(f"/?page={beyond}&q=zoe", per_page=2) == ["Zoe 4"]
    assert names("/?page=letters&q=zoe", per_page=2) == ["Zoe 0", "Zoe 1"]


def test_turning_a_page_keeps_what_was_searched_and_filtered_W2(in_practice: Practice) -> None:
    found = listing(RequestFactory().get("/?q=mia&state=active&page=3"), Client.objects.all(), search=SEARCH)
    assert found.query == "q=mia&state=active&"
    assert listing(RequestFactory().get("/"), Client.objects.all()).query == ""
