"""The home pages of members, where nothing has anything to say."""

import pytest

from accounts.features import Feature
from accounts.models import FeatureToggle
from accounts.tenancy import within
from tests.conftest import Practice
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def test_a_home_page_is_never_blank_O2_W2(practice: Practice) -> None:
    """A practice can have every feature off; whoever signs in there still learns that the page is whole."""
    with within(practice.organization):
        for feature in Feature:
            FeatureToggle.objects.filter(feature=feature).turn(feature, on=False)
    for login, said in ((practice.therapist, "Nothing wants doing"), (practice.mom, "Nothing here now")):
        page = signed_in(login).get("/").content.decode()
        assert "<section" not in page
        assert said in page


def test_what_there_is_stands_in_its_place_W2(practice: Practice) -> None:
    for login in (practice.therapist, practice.mom):
        page = signed_in(login).get("/").content.decode()
        assert "Nothing wants doing" not in page
        assert "Nothing here now" not in page
        assert page.count("<section") >= 1
