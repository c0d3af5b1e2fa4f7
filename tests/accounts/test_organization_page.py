"""The practice's own settings: what an organization admin edits, and what they only look at (O2, O4)."""

import pytest

from accounts.features import Feature
from accounts.models import FeatureToggle, Organization
from accounts.tenancy import within
from tests.conftest import Practice
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

URL = "/organization/"
SETTINGS = {
    "name": "Harbor & Sons 🦊",
    "street": "2 Pier Road",
    "street2": "",
    "city": "Seattle",
    "region": "washington",
    "postal_code": "98101 2345",
    "country": "US",
    "time_zone": "America/Denver",
    "phone": "+1 206 555 0100",
    "reply_to": "hello@harbor.example",
}


def now_of(practice: Practice) -> Organization:
    return Organization.objects.get(pk=practice.organization.pk)


def test_an_organization_admin_edits_address_contact_and_time_zone(practice: Practice) -> None:
    done = signed_in(practice.owner).post(URL, SETTINGS, follow=True).content.decode()
    assert "The settings are saved." in done
    assert "Harbor &amp; Sons 🦊" in done
    saved = now_of(practice)
    assert (saved.region, saved.postal_code, saved.phone) == ("WA", "98101-2345", "2065550100")
    assert saved.time_zone == "America/Denver"
    assert saved.slug == "harbor-kids-therapy"  # links in emails that went out are made of it
    assert 'value="(206) 555-0100"' in signed_in(practice.owner).get(URL).content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "This field is required."),
        ("name", "A" * 121, "at most 120 characters"),
        ("region", "Atlantis", "Enter a U.S. state or territory"),
        ("postal_code", "H2X 1Y4", "Enter a ZIP code"),
        ("time_zone", "PST", "Select a valid choice."),
        ("country", "XX", "Select a valid choice."),
        ("reply_to", "hello", "Enter a valid email address."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_the_rest_is_kept_W2(
    practice: Practice, field: str, typed: str, words: str
) -> None:
    response = signed_in(practice.owner).post(URL, {**SETTINGS, field: typed})
    assert words in str(response.context["form"].errors[field])
    shown = response.content.decode()
    assert f'id="id_{field}_error"' in shown
    assert 'value="2 Pier Road"' in shown
    assert '<span class="practice">Harbor Kids Therapy</span>' in shown  # the page around it shows what is kept
    assert now_of(practice).name == "Harbor Kids Therapy"


def test_a_move_out_of_the_us_and_canada_says_that_texts_stop_T1(practice: Practice) -> None:
    move = {**SETTINGS, "country": "GB", "city": "Bristol", "region": "", "postal_code": "BS1 9ZX"}
    done = signed_in(practice.owner).post(URL, move, follow=True).content.decode()
    assert "No texts are sent any more" in done
    assert "No texts are sent" not in signed_in(practice.owner).post(URL, move, follow=True).content.decode()
    assert "No texts are sent" not in signed_in(practice.owner).post(URL, SETTINGS, follow=True).content.decode()


def test_features_and_plan_are_shown_and_not_edited_O2_O4(practice: Practice) -> None:
    browser = signed_in(practice.owner)
    shown = browser.get(URL).content.decode()
    assert all(str(feature.label) in shown for feature in Feature)
    assert "Blink Go" in shown
    assert "by email and by text, are part of every plan" in shown
    with within(practice.organization):
        FeatureToggle.objects.all().turn(Feature.INVOICES, on=False)
    assert "Invoices" not in browser.get(URL).content.decode()
    more = {"plan": "pro", "slug": "mine", "invoices": "on", "feature_invoices": "on"}
    browser.post(URL, {**SETTINGS, **more})
    saved = now_of(practice)
    assert (saved.plan, saved.slug) == ("go", "harbor-kids-therapy")
    assert "Invoices" not in browser.get(URL).content.decode()


def test_settings_are_of_ones_own_practice_S1(practice: Practice, other_practice: Practice) -> None:
    signed_in(practice.owner).post(URL, {**SETTINGS, "id": other_practice.organization.pk})
    assert now_of(other_practice).name == "Outside Counseling"
