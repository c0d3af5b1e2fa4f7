"""Who gets what at which address: every route of the house, Django admin's included, for every role (S1, S3).

The walk over the URL resolver is the test's own list of routes: one that has no row here fails, so whoever adds a
page says who may see it. Statuses are what GET and an empty POST answer; routes with an id in them are tried with
one that exists and with one that does not.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import Client, EmailStop, Login, Organization, Role, TextStop, User
from accounts.tenancy import everywhere
from notifications.models import Hold, Letter, Notification, OutboxLetter, OutboxMessage
from tests.access import member_objects, member_rows
from tests.access.rows import ROLES as MEMBER_ROLES
from tests.access.rows import Row as MemberRow
from tests.conftest import Practice, choose, link, make_client, make_login
from tests.notifications.conftest import make_notification

pytestmark = pytest.mark.django_db

NOBODY = 999_999_999  # an id that does not exist


class Route(NamedTuple):
    pattern: str
    name: str


class Answer(NamedTuple):
    """Statuses of GET and of an empty POST."""

    get: int
    post: int


@dataclass(frozen=True)
class Row:
    """What a route answers. `of` says whose id is in its address; `missing`, the answer if there is no such one."""

    there: Answer
    missing: Answer | None = None
    of: str = ""


READ = Answer(200, 405)
# The same for everyone, signed in or not. Pages of members have their rows in tests/access/.
OPEN_TO_ALL = {
    "": Row(READ),
    "outbox/": Row(READ),
    "outbox/record/": Row(READ),
    "outbox/people/<int:login_id>/": Row(READ, Answer(404, 405), "login"),
    "outbox/people/<int:login_id>/answer/": Row(Answer(405, 200), Answer(405, 404), "login"),
    "outbox/emails/<int:pk>/": Row(READ, Answer(404, 405), "email"),
    "outbox/emails/<int:pk>/html": Row(READ, Answer(404, 405), "email"),
    "outbox/letters/<int:pk>/": Row(READ, Answer(404, 405), "letter"),
    "outbox/letters/<int:pk>/html": Row(READ, Answer(404, 405), "letter"),
    "outbox/emails/<int:pk>/appointment.ics": Row(READ, Answer(404, 405), "email"),
    # Without Twilio's signature nobody learns even whether a notification exists (T7, T10).
    "webhooks/twilio/inbound": Row(Answer(405, 403)),
    "webhooks/twilio/status/<int:pk>": Row(Answer(405, 403), Answer(405, 403), "notifications.notification"),
    # Without a secret nobody is expected (E4); without our signature a link is none (E3).
    "webhooks/email/<slug:provider>/": Row(Answer(404, 404)),
    "unsubscribe/<str:token>": Row(Answer(404, 404)),
}

# What a platform admin may do with each model; everybody may look. The record and appointments are read (L2), and
# whom the record speaks of is never deleted.
MAY: dict[str, set[str]] = {
    "accounts.organization": {"add", "change", "delete"},  # while nobody belongs to it: the database keeps the others
    "accounts.user": {"add", "change"},
    "accounts.client": {"add", "change"},
    "accounts.login": {"add", "change"},
    "accounts.textstop": set(),
    "accounts.emailstop": set(),
    "notifications.hold": set(),
    "notifications.letter": set(),
    "notifications.notification": set(),
    "scheduling.appointment": set(),
}

SHOWN, REFUSED, AWAY, ABSENT = Answer(200, 200), Answer(403, 403), Answer(302, 302), Answer(404, 404)
# Pages of the admin that are of no model, for a platform admin.
OF_THE_SITE = {
    "admin/": Row(SHOWN),
    "admin/^(?P<app_label>accounts|notifications|scheduling)/$": Row(SHOWN),
    "admin/login/": Row(AWAY),  # in already
    "admin/logout/": Row(Answer(405, 200)),
    "admin/password_change/": Row(SHOWN),
    "admin/password_change/done/": Row(READ),
    "admin/autocomplete/": Row(Answer(403, 405)),  # without saying for which field
    "admin/jsi18n/": Row(READ),
    "admin/r/<path:content_type_id>/<path:object_id>/": Row(ABSENT, ABSENT, "client page"),  # nothing has one yet
    # Whoever looks something up posts it; without a word of it they are back at the list.
    "admin/accounts/textstop/look-up/": Row(Answer(302, 200)),
    "admin/accounts/emailstop/look-up/": Row(Answer(302, 200)),
    # Without a reason nothing is decided, and the page says so.
    "admin/accounts/textstop/<int:pk>/decide/": Row(SHOWN, ABSENT, "accounts.textstop"),
    "admin/accounts/emailstop/<int:pk>/decide/": Row(SHOWN, ABSENT, "accounts.emailstop"),
    "admin/(?P<url>.*)$": Row(ABSENT),  # any other address under /admin/
}


def routes() -> list[Route]:
    """Every route there is, in the order in which they are tried."""

    def walk(resolver: Any, before: str) -> Iterator[Route]:
        for pattern in resolver.url_patterns:
            whole = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern, whole)
            else:
                yield Route(whole, pattern.name or "")

    return list(walk(get_resolver(), ""))


def admin_row(route: Route) -> Row:
    """What a platform admin gets, by the kind of page. Raises KeyError for one that no rule here knows."""
    if route.pattern in OF_THE_SITE:
        return OF_THE_SITE[route.pattern]
    _admin, app, name, page = route.pattern.split("/", 3)
    model = f"{app}.{name}"
    may_add, may_change, may_delete = (verb in MAY[model] for verb in ("add", "change", "delete"))
    return {
        "": Row(SHOWN),
        "add/": Row(SHOWN if may_add else REFUSED),
        "<path:object_id>/change/": Row(SHOWN, AWAY, model)
        if may_change
        else Row(Answer(200, 403), Answer(302, 403), model),
        "<path:object_id>/delete/": Row(SHOWN, AWAY, model) if may_delete else Row(REFUSED, REFUSED, model),
        "<path:object_id>/history/": Row(SHOWN, AWAY, model),
        "<id>/password/": Row(SHOWN, ABSENT, model),
        # Django's old addresses: on to ".../change/", whatever exists.
        "<path:object_id>/": Row(AWAY, AWAY, model),
    }[page]


def row_of(route: Route) -> Row:
    return admin_row(route) if route.pattern.startswith("admin/") else OPEN_TO_ALL[route.pattern]


MEMBERS: dict[str, MemberRow] = dict(member_rows())


def other_routes() -> list[Route]:
    """Those that are no pages of members."""
    return [route for route in routes() if route.pattern not in MEMBERS]


@pytest.fixture
def ids(practice: Practice, settings: Settings) -> dict[str, list[int]]:
    """One of everything that has an address, by what rows call it; its practice has told mom of an appointment."""
    settings.TWILIO_AUTH_TOKEN = "the secret that signatures are made with"
    choose(practice.mom, Channel.TEXT)
    email, text = (make_notification(practice.mom, channel) for channel in (Channel.EMAIL, Channel.TEXT))
    with everywhere("the test"):
        message = OutboxMessage.objects.create(
            organization=practice.organization,
            notification=email,
            channel=Channel.EMAIL,
            recipient=practice.mom.user.email,
            body="See you.",
            html="<p>See you.</p>",
            calendar="BEGIN:VCALENDAR",
        )
    letter = OutboxLetter.objects.create(
        letter=Letter.objects.create(to=practice.mom.user.email),
        recipient=practice.mom.user.email,
        body="Welcome.",
        html="<p>Welcome.</p>",
    )
    return {
        "login": [practice.mom.pk],
        "email": [message.pk],
        "letter": [letter.pk],
        "client page": [ContentType.objects.get_for_model(Client).pk, practice.child.pk],
        "accounts.organization": [practice.organization.pk],
        "accounts.user": [practice.mom.user.pk],
        "accounts.client": [practice.child.pk],
        "accounts.login": [practice.mom.pk],
        "accounts.textstop": [stopped("2065550199")],
        "notifications.hold": [Hold.objects.create(channel=Channel.TEXT, code="20003", next_try_at=timezone.now()).pk],
        "accounts.emailstop": [EmailStop.objects.create(address="gone@mail.example").pk],
        "notifications.letter": [letter.letter_id],
        "notifications.notification": [text.pk],
        "scheduling.appointment": [practice.appointment().pk],
    }


def stopped(phone: str) -> int:
    TextStop.objects.stop(phone)
    return TextStop.objects.get(phone=phone).pk


def address(route: Route, ids: Sequence[int | str]) -> str:
    """The route's address with these ids in it; where there are none, as for a token, with one that nobody has."""
    given = iter(ids)
    pattern = {"admin/(?P<url>.*)$": "admin/no/such/"}.get(route.pattern, route.pattern)
    pattern = re.sub(r"\^\(\?P<app_label>(\w+)[^)]*\)/\$", r"\1/", pattern)
    return "/" + re.sub(r"<(?:\w+:)?\w+>", lambda _found: str(next(given, NOBODY)), pattern)


def visits(ids: dict[str, list[int]]) -> Iterator[tuple[Route, str, Answer]]:
    """Each route with an address of it and what that answers."""
    for route in other_routes():
        row = row_of(route)
        those = ids.get(row.of, [])
        yield route, address(route, those), row.there
        if row.missing:
            yield route, address(route, [NOBODY] * len(those)), row.missing


ROLES: dict[str, Callable[[Practice, Practice], User | None]] = {
    "anonymous": lambda practice, other: None,
    "a client login": lambda practice, other: practice.mom.user,
    "the owner": lambda practice, other: practice.owner.user,
    "another practice's owner": lambda practice, other: other.owner.user,
}


@pytest.fixture(params=ROLES)
def visitor(request: pytest.FixtureRequest, practice: Practice, other_practice: Practice) -> Browser:
    """The browser of somebody who is no platform admin."""
    browser = Browser()
    if user := ROLES[request.param](practice, other_practice):
        browser.force_login(user)
    return browser


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    for route in other_routes():
        row_of(route)  # or KeyError, which names it
    patterns = {route.pattern for route in routes()}
    assert set(OPEN_TO_ALL) | set(OF_THE_SITE) | set(MEMBERS) <= patterns
    assert {f"admin/{model.replace('.', '/')}/" for model in MAY} <= patterns


def test_only_a_platform_admin_gets_further_than_the_sign_in_of_the_admin_S1_S3(
    visitor: Browser, ids: dict[str, list[int]]
) -> None:
    """Everyone else is sent there, and learns nothing on the way: not even whether an id exists."""
    wrong = {}
    for route, url, answer in visits(ids):
        for method, expected in (("get", answer.get), ("post", answer.post)):
            response = getattr(visitor, method)(url)
            got: Any = response.status_code
            wanted: Any = expected
            if route.pattern == "admin/login/":
                wanted = 403 if "_auth_user_id" in visitor.session else 302  # on to everybody's sign-in
            elif route.pattern.startswith("admin/"):
                got = (response.status_code, response.get("Location", "").partition("?")[0], response.content)
                on_to = "/admin/" if route.pattern == "admin/logout/" else "/admin/login/"
                wanted = (302, on_to, b"")
            if got != wanted:
                wrong[method, url] = (got, wanted)
    assert wrong == {}


def test_a_platform_admin_reads_everything_and_changes_what_may_be_changed_L2(ids: dict[str, list[int]]) -> None:
    admin = User.objects.create_superuser("pat@blink.example")
    browser = Browser()
    wrong = {}
    before = everything()
    for _route, url, answer in visits(ids):
        for method, expected in (("get", answer.get), ("post", answer.post)):
            browser.force_login(admin)  # one of the routes is the way out
            got = getattr(browser, method)(url).status_code
            if got != expected:
                wrong[method, url] = (got, expected)
    assert wrong == {}
    assert everything() == before


def member(role: str, practice: Practice, other: Practice) -> Login | None:
    """Who plays this role in the table of members' pages (see tests/access/rows.py)."""
    if role == "stranger":
        stranger = make_login(practice.organization, "Sam Stranger", phone="(206) 555-0177")
        link(stranger, make_client(practice.organization, "Another"))
        return stranger
    if role == "colleague":
        return make_login(practice.organization, "Cora Colleague", Role.STAFF)
    cast = {
        "mom": practice.mom,
        "therapist": practice.therapist,
        "owner": practice.owner,
        "outsider": other.owner,
    }
    return cast.get(role)


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_gets_what_the_table_says_S1_S3(role: str, practice: Practice, other_practice: Practice) -> None:
    for each in (practice, other_practice):
        with everywhere("the owners hold every permission"):
            Login.objects.filter(pk=each.owner.pk).update(is_schedule_admin=True)
    objects = member_objects(practice)
    login = member(role, practice, other_practice)
    wrong = {}
    for pattern, row in MEMBERS.items():
        browser = Browser(headers={"host": "localhost"})
        if login:  # anew for each row: one of them is the way out
            browser.force_login(login.user, backend="django.contrib.auth.backends.ModelBackend")
        those = objects.get(row.of, [])
        visits = [(address(Route(pattern, ""), those), row, False)]
        if row.of:
            visits.append((address(Route(pattern, ""), [NOBODY] * len(those)), row, True))
        for url, row, missing in visits:
            for method, statuses in (("get", row.get), ("post", row.post)):
                expected = statuses[MEMBER_ROLES.index(role)]
                if missing and login and expected not in (403, 405):
                    expected = 404
                with transaction.atomic():  # whatever a visit does is undone
                    got = getattr(browser, method)(url).status_code
                    transaction.set_rollback(True)
                if got != expected:
                    wrong[method, url] = (got, expected)
    assert wrong == {}


def everything() -> list[Any]:
    models = (User, Organization, Client, Login, Notification, TextStop)
    with everywhere("the test compares"):
        return [list(model.objects.order_by("pk").values_list("pk")) for model in models]


def test_where_messages_really_leave_nobody_finds_an_outbox(
    visitor: Browser, ids: dict[str, list[int]], settings: Settings
) -> None:
    settings.DELIVERY = "providers"
    tried = [url for route, url, _answer in visits(ids) if route.pattern.startswith("outbox/")]
    assert len(tried) > 6
    browsers = [visitor, Browser()]
    browsers[1].force_login(User.objects.create_superuser("pat@blink.example"))
    for url in tried:
        assert [browser.get(url).status_code for browser in browsers] == [404, 404], url
