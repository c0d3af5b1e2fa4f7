"""Who a visitor is: the login of the session, its organization's scope, features, zone and language."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.utils import timezone, translation

from accounts.access import MemberRequest, Permission, family_page, member_page, staff_page
from accounts.features import Feature
from accounts.menu import Entry, Item, menu_of
from accounts.middleware import member_scope
from accounts.models import Client, FeatureToggle, Login, Role, User
from accounts.tenancy import OutOfScope, within
from tests.conftest import Practice, make_login
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def visit(user: User | None, *, session: dict[str, int] | None = None, path: str = "/") -> MemberRequest:
    """A request that went through the middleware, with what the view saw while its scope was open."""
    request = RequestFactory().get(path)
    request.session = {**({"_auth_user_id": str(user.pk)} if user else {}), **(session or {})}  # type: ignore[assignment]  # a dict is all that is asked of it
    if user:
        request.user = user

    def view(seen: MemberRequest) -> HttpResponse:
        seen.zone, seen.language = str(timezone.get_current_timezone()), translation.get_language()  # type: ignore[attr-defined]  # noted for the test
        try:
            seen.clients = [client.name for client in Client.objects.all()]  # type: ignore[attr-defined]  # noted too
        except OutOfScope:
            seen.clients = None  # type: ignore[attr-defined]  # noted too
        return HttpResponse()

    member_scope(view)(request)  # type: ignore[arg-type]  # its view wants a member's request
    return request  # type: ignore[return-value]  # it is one by now


def test_a_member_works_inside_their_practice_in_its_zone_and_their_language_S2(
    practice: Practice, other_practice: Practice
) -> None:
    with within(practice.organization):
        Login.objects.filter(pk=practice.mom.pk).update(language="fr")
    seen = visit(practice.mom.user)
    assert seen.login == practice.mom
    assert (seen.zone, seen.language, seen.clients) == ("America/Los_Angeles", "fr", ["Mia Rivera"])  # type: ignore[attr-defined]  # noted above
    assert seen.features == frozenset(Feature)


def test_nobody_and_platform_admin_pages_have_no_scope_S2(practice: Practice) -> None:
    for seen in (visit(None), visit(practice.mom.user, path="/admin/")):
        assert seen.clients is None  # type: ignore[attr-defined]  # noted above
        assert seen.login is None


def test_a_feature_that_is_off_is_not_among_the_features_O2(practice: Practice) -> None:
    with within(practice.organization):
        FeatureToggle.objects.all().turn(Feature.INVOICES, on=False)
    assert visit(practice.mom.user).features == frozenset(Feature) - {Feature.INVOICES}


def test_a_user_of_two_practices_works_in_the_one_the_session_chose(
    practice: Practice, other_practice: Practice
) -> None:
    elsewhere = make_login(other_practice.organization, "Maria elsewhere", user=practice.mom.user)
    assert visit(practice.mom.user).login == practice.mom  # by name of the practice
    assert visit(practice.mom.user, session={"login": elsewhere.pk}).login == elsewhere
    assert {login.pk for login in visit(practice.mom.user).logins} == {practice.mom.pk, elsewhere.pk}  # type: ignore[attr-defined]  # set by the middleware


def test_somebody_elses_login_in_the_session_is_worth_nothing_S1(practice: Practice) -> None:
    assert visit(practice.mom.user, session={"login": practice.owner.pk}).login == practice.mom


def test_a_deactivated_login_is_out_with_the_next_request(practice: Practice) -> None:
    browser = signed_in(practice.mom)
    assert browser.get("/account/").status_code == 200
    with within(practice.organization):
        practice.mom.deactivate()
    assert browser.get("/account/").status_code == 302
    assert "My Account" not in browser.get("/", headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize(
    ("decorator", "who", "raises"),
    [
        (staff_page(), "therapist", None),
        (staff_page(), "mom", Http404),
        (staff_page(needs="is_user_admin"), "owner", None),
        (staff_page(needs="is_user_admin"), "therapist", PermissionDenied),
        (staff_page(needs="is_user_admin"), "mom", Http404),
        (staff_page(feature=Feature.INVOICES), "owner", Http404),
        (staff_page(feature=Feature.HOMEWORK), "owner", None),
        (family_page(), "mom", None),
        (family_page(), "owner", Http404),
        (family_page(feature=Feature.INVOICES), "mom", Http404),
        (member_page(), "mom", None),
        (member_page(), "therapist", None),
    ],
)
def test_pages_are_for_those_they_are_meant_for_O2_S3(
    practice: Practice, decorator: object, who: str, raises: type[Exception] | None
) -> None:
    with within(practice.organization):
        FeatureToggle.objects.all().turn(Feature.INVOICES, on=False)
    request = visit(getattr(practice, who).user)
    page = decorator(lambda request: HttpResponse("shown"))  # type: ignore[operator]  # one of the three
    if raises:
        with pytest.raises(raises):
            page(request)
    else:
        assert page(request).content == b"shown"


@pytest.fixture
def entries() -> list[Entry]:
    """Three entries beside those of the house."""

    def entry(label: str, role: Role, feature: Feature | None = None, needs: Permission | None = None) -> Entry:
        return Entry(label=label, url_name="my_account", icon="user", order=1, role=role, feature=feature, needs=needs)

    return [
        entry("bills", Role.STAFF, Feature.INVOICES),
        entry("people", Role.STAFF, needs="is_user_admin"),
        entry("my bills", Role.CLIENT, Feature.INVOICES),
    ]


@pytest.mark.parametrize(
    ("who", "invoices_on", "shown"),
    [
        ("owner", True, ["bills", "people"]),
        ("owner", False, ["people"]),
        ("therapist", True, ["bills"]),
        ("mom", True, ["my bills"]),
        ("mom", False, []),
    ],
)
def test_the_menu_shows_what_may_be_opened_and_no_trace_of_what_is_off_O2(
    practice: Practice,
    entries: list[Entry],
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    invoices_on: bool,
    shown: list[str],
) -> None:
    monkeypatch.setattr("accounts.menu._entries", entries)
    with within(practice.organization):
        FeatureToggle.objects.all().turn(Feature.INVOICES, on=invoices_on)
    items: list[Item] = menu_of(visit(getattr(practice, who).user))
    assert [item.entry.label for item in items] == shown
