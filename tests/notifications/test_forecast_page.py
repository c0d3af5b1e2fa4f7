"""The forecast in the browser: the next 48 hours, whom staff serve, and the same as `manage.py forecast` says (L3)."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as Browser

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Role
from accounts.tenancy import within
from notifications.delivery import deliver_batch
from scheduling.scan import scan
from tests.conftest import Practice, choose, link, make_client, make_login
from tests.notifications.test_forecast import a_lively_practice
from tests.pages import same_queries, signed_in

NOW = datetime(2031, 3, 3, 17, 0, tzinfo=UTC)  # 9 AM in Seattle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def read(browser: Browser, url: str = "/forecast/") -> str:
    response = browser.get(url)
    assert response.status_code == 200
    html = response.content.decode()
    return words_of(html[html.index("<main") : html.index("</main>")])


def foretold(browser: Browser) -> Counter[tuple[int, str, str]]:
    """Login, channel and what is said of it, for each line of every page."""
    lines: Counter[tuple[int, str, str]] = Counter()
    url = "/forecast/"
    while url:
        html = browser.get(url).content.decode()
        for row in re.findall(r'<td class="who">.*?</tr>', html, flags=re.DOTALL):
            (login,) = re.findall(r"/record/logins/(\d+)/", row)
            for channel, cell in re.findall(r'<td data-label="(\w+)">(.*?)</td>', row, flags=re.DOTALL):
                for line in re.findall(r'<div class="outcome">(.*?)</div>', cell, flags=re.DOTALL):
                    sending = re.search(r'<time datetime="([^"]+)"', line)
                    said = sending[1] if sending else words_of(re.sub(r"<a.*?</a>", "", line))
                    lines[int(login), channel.lower(), said] += 1
        following = re.search(r'rel="next" href="([^"]*)"', html)
        url = f"/forecast/{unescape(following[1])}" if following else ""
    return lines


def by_the_command(slug: str) -> Counter[tuple[int, str, str]]:
    written = StringIO()
    call_command("forecast", "--json", "--organization", slug, stdout=written)
    (told,) = json.loads(written.getvalue())["organizations"]
    return Counter(
        (line["login"], line["channel"], in_seattle(line["due_at"]) if line["will_be_sent"] else line["words"])
        for line in told["notifications"]
    )


def in_seattle(moment: str) -> str:
    return (datetime.fromisoformat(moment) - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S-08:00")


@pytest.mark.parametrize("seed", range(2))
def test_the_page_says_what_the_command_says_L3(seed: int) -> None:
    organization = a_lively_practice(seed, appointments=60)
    with within(organization):
        owner = make_login(
            Login.objects.select_related("organization").earliest("pk").organization,
            "Olive Owner",
            Role.STAFF,
            is_user_admin=True,
        )
    expected = by_the_command(owner.organization.slug)
    assert sum(expected.values()) > 40
    assert foretold(signed_in(owner)) == expected


def test_who_gets_what_and_who_does_not_and_why_L3(practice: Practice) -> None:
    practice.appointment(timedelta(hours=30))
    words = read(signed_in(practice.therapist))
    assert "In the next 48 hours 2 will be sent and 2 will not, as things stand now." in words
    assert "Mia Rivera Tue, Mar 4, 3:00 PM PST, with Theo Therapist" in words
    assert "Maria Rivera Mon, Mar 3, 3:00 PM PST Not texted: this login has it turned off Mend it" in words


def test_what_keeps_somebody_uninformed_is_mended_from_here_L1_L3(practice: Practice) -> None:
    choose(practice.mom, Channel.TEXT)
    with within(practice.organization):
        Login.objects.filter(pk=practice.mom.pk).update(phone="20655501411")
    practice.appointment(timedelta(hours=30))
    html = signed_in(practice.therapist).get("/forecast/").content.decode()
    assert re.findall(r'class="mend" href="([^"]*)"', html) == [
        f"/logins/{practice.mom.pk}/",
        f"/logins/{practice.dad.pk}/#preferences",
    ]


def test_only_those_who_will_not_be_told_L3(practice: Practice) -> None:
    """Not told is whoever hears by no channel at all: a mother whose texts are off and who gets the email is told."""
    choose(practice.dad, Channel.EMAIL, on=False)
    practice.appointment(timedelta(hours=30))
    words = read(signed_in(practice.therapist), "/forecast/?only=untold")
    assert "Daniel Rivera will not be told Not emailed: this login has it turned off" in words
    assert "Maria Rivera" not in words
    choose(practice.dad, Channel.TEXT)
    assert "Everybody will be told" in read(signed_in(practice.therapist), "/forecast/?only=untold")


def test_whoever_was_told_already_is_told_L3(practice: Practice) -> None:
    practice.appointment(timedelta(hours=24))
    scan()
    while deliver_batch():
        pass
    words = read(signed_in(practice.therapist))
    assert "Maria Rivera told already nothing in this time Not texted: this login has it turned off" in words
    assert "Everybody will be told" in read(signed_in(practice.therapist), "/forecast/?only=untold")


def test_what_an_agenda_lists_is_told_L3_R5(practice: Practice) -> None:
    practice.appointment(timedelta(hours=30))
    practice.appointment(timedelta(hours=32))
    assert "an earlier reminder to this login already listed it" in read(signed_in(practice.therapist))
    assert "Everybody will be told" in read(signed_in(practice.therapist), "/forecast/?only=untold")


def test_staff_see_whom_they_serve_user_admins_everybody_L3_S3(practice: Practice, other_practice: Practice) -> None:
    noor = make_client(practice.organization, "Noor", last_name="Haddad")
    link(practice.dad, noor)
    practice.appointment(timedelta(hours=30), client=noor)
    practice.appointment(timedelta(hours=31))
    other_practice.appointment(timedelta(hours=30))
    manager = make_login(practice.organization, "Max Manager", Role.STAFF, is_organization_admin=True)
    colleague = make_login(practice.organization, "Cora Colleague", Role.STAFF)
    seen = {
        who.name: {name for name in ("Noor Haddad", "Mia Rivera") if name in read(signed_in(who))}
        for who in (practice.owner, manager, practice.therapist, colleague)
    }
    assert seen == {
        "Olive Owner": {"Noor Haddad", "Mia Rivera"},
        "Max Manager": set(),  # who runs the practice sees clients by another permission
        "Theo Therapist": {"Mia Rivera"},
        "Cora Colleague": set(),
    }
    assert "Outside" not in read(signed_in(practice.owner))
    assert "Nothing falls due" in read(signed_in(colleague))


def test_what_a_feature_that_is_off_would_say_is_not_foretold_O2(practice: Practice) -> None:
    practice.appointment(timedelta(hours=30))
    with within(practice.organization):
        FeatureToggle.objects.filter(feature=Feature.APPOINTMENTS).turn(Feature.APPOINTMENTS, on=False)
    assert "Nothing falls due" in read(signed_in(practice.owner))


def test_the_page_asks_the_same_for_1_and_30_L3(practice: Practice) -> None:
    """30 and not 50: as many as fall due and stand on one page."""

    def add(number: int) -> None:
        parent = make_login(practice.organization, f"Parent {number}")
        child = make_client(practice.organization, f"Child {number}")
        link(parent, child)
        link(practice.therapist, child)
        practice.appointment(timedelta(hours=30, minutes=number), client=child)

    same_queries(signed_in(practice.therapist), "/forecast/", add)
