"""The outbox's phone: a text from it goes to Blink as Twilio brings it, and what answers is seen on it (T6, T7)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from accounts.features import Channel
from accounts.models import Organization
from accounts.tenancy import within
from notifications.channels.local import SENDING_NUMBER
from notifications.models import InboundText, Meaning, OutboxAnswer, OutboxMessage
from notifications.outbox.carrier import TWILIO_SAYS
from tests.conftest import Practice
from tests.notifications.conftest import make_notification
from tests.notifications.replies import MOM, call, long_ago
from tests.servers import free_port
from tests.standins.blink import BlinkStandin

pytestmark = pytest.mark.django_db

TOKEN = "the secret that signatures are made with"


@pytest.fixture
def blink(settings: Settings) -> Iterator[BlinkStandin]:
    with BlinkStandin() as standin:
        settings.PUBLIC_URL, settings.TWILIO_AUTH_TOKEN = standin.url, TOKEN
        yield standin


def page_of(practice: Practice) -> str:
    return reverse("outbox:person", args=[practice.mom.pk])


def send(practice: Practice, body: str = "", *, phone: str = MOM, word: str = "") -> str:
    """Somebody writes on mom's phone, and looks at what becomes of it: the words of the page."""
    url = reverse("outbox:answer", args=[practice.mom.pk])
    answer = Browser().post(url, {"phone": phone, "body": body, **({"word": word} if word else {})}, follow=True)
    assert answer.status_code == 200
    return words_of(answer.content.decode())


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def bubbles(practice: Practice) -> list[str]:
    """What the phone shows, from top to bottom; what was written on it with a mark."""
    html = Browser().get(page_of(practice)).content.decode()
    found = re.findall(r'<li( class="mine")?>.*?<p class="bubble"[^>]*>(.*?)</p>', html, re.DOTALL)
    return [f"{'> ' if mine else ''}{unescape(body)}" for mine, body in found]


@pytest.mark.parametrize("body", ["running late, sorry", " Stop. ", "é 🚗 & = + %", "x" * 1600])
def test_a_text_is_posted_as_twilio_posts_it_T7(practice: Practice, blink: BlinkStandin, body: str) -> None:
    send(practice, body)
    (posted,) = blink.posted
    assert posted.path == reverse("notifications:twilio_inbound")
    assert posted.form["Body"] == body
    assert (posted.form["From"], posted.form["To"]) == ("+12065550143", f"+1{SENDING_NUMBER}")
    assert re.fullmatch(r"SM[0-9a-f]{32}", posted.form["MessageSid"])
    assert re.fullmatch(r"AC[0-9a-f]{32}", posted.form["AccountSid"])
    assert posted.form["NumMedia"] == "0"
    genuine = RequestValidator(TOKEN).validate(blink.url + posted.path, posted.form, posted.signature)
    assert genuine
    assert not RequestValidator("another secret").validate(blink.url + posted.path, posted.form, posted.signature)


def test_each_text_has_an_id_of_its_own_T7(practice: Practice, blink: BlinkStandin) -> None:
    send(practice, "one")
    send(practice, "one")
    assert len({posted.form["MessageSid"] for posted in blink.posted}) == 2


@pytest.mark.parametrize(
    "twiml",
    [
        "<Response><Message>Texts have stopped &amp; stay so.</Message></Response>",
        "<?xml version='1.0'?><Response><Message><Body> Texts have stopped &amp; stay so. </Body></Message></Response>",
    ],
)
def test_what_blink_answers_is_on_the_phone_T6(practice: Practice, blink: BlinkStandin, twiml: str) -> None:
    blink.answer = twiml
    assert "Texts have stopped & stay so." in send(practice, "please stop texting me")
    assert bubbles(practice) == ["Texts have stopped & stay so."]
    answer = OutboxAnswer.objects.get()
    assert (answer.phone, answer.sender) == (MOM, SENDING_NUMBER)


@pytest.mark.parametrize("twiml", ["", "<Response/>", "OK", "<Response><Message> </Message></Response>", "<Resp"])
def test_an_answer_that_asks_for_no_text_shows_none(practice: Practice, blink: BlinkStandin, twiml: str) -> None:
    blink.answer = twiml
    assert "still here" not in send(practice, "ok")
    assert not OutboxAnswer.objects.exists()


@pytest.mark.parametrize("written", ["{}", " {} ", "\n{}"])
@pytest.mark.parametrize("word", TWILIO_SAYS)
def test_twilio_answers_its_own_words_by_itself_T6(
    practice: Practice, blink: BlinkStandin, word: str, written: str
) -> None:
    for said in (word, word.lower(), word.title()):
        send(practice, written.format(said))
    assert bubbles(practice) == [TWILIO_SAYS[word]] * 3
    assert len(blink.posted) == 3, "and tells us of each"


@pytest.mark.parametrize("body", ["Stop.", "stop it", "YES", "ARRET", "opt out", "start again", "help me"])
def test_twilio_says_nothing_to_other_words_T6(practice: Practice, blink: BlinkStandin, body: str) -> None:
    send(practice, body)
    assert bubbles(practice) == []


def test_after_a_stop_word_nothing_of_ours_is_delivered_T6(practice: Practice, blink: BlinkStandin) -> None:
    blink.answer = "<Response><Message>We stopped as well.</Message></Response>"
    send(practice, "STOP")
    assert bubbles(practice) == [TWILIO_SAYS["STOP"]]


@pytest.mark.parametrize("word", ["STOP", "UNSTOP"])
def test_a_quick_word_goes_alone_whatever_is_typed(practice: Practice, blink: BlinkStandin, word: str) -> None:
    send(practice, "half a sent", word=word)
    assert blink.posted[0].form["Body"] == word


def test_the_phone_shows_both_sides_in_order(practice: Practice) -> None:
    row = make_notification(practice.mom, Channel.TEXT)
    with within(practice.organization):
        OutboxMessage.objects.create(
            organization=practice.organization, notification=row, channel=Channel.TEXT, sender=SENDING_NUMBER,
            recipient=MOM, body="See you at 9.", sent_at=long_ago(3),
        )  # fmt: skip
    written = {"phone": MOM, "to": SENDING_NUMBER, "meaning": Meaning.OTHER}
    InboundText.objects.create(sid="SM1", body="who is this?", received_at=long_ago(2), **written)
    InboundText.objects.create(sid="SM2", body="<b>STOP</b>", received_at=long_ago(1), **written)
    InboundText.objects.create(sid="SM3", **{**written, "phone": "2065550199", "body": "another phone"})
    OutboxAnswer.objects.create(phone=MOM, sender=SENDING_NUMBER, body="Bye.", sent_at=timezone.now())
    assert bubbles(practice) == ["See you at 9.", "> who is this?", "> <b>STOP</b>", "Bye."]


@pytest.mark.parametrize("body", ["", "   ", "\n"])
def test_an_empty_text_is_not_sent(practice: Practice, blink: BlinkStandin, body: str) -> None:
    assert "Write something first." in send(practice, body)
    assert blink.posted == []


def test_a_text_that_is_too_long_is_kept_and_not_sent(practice: Practice, blink: BlinkStandin) -> None:
    assert "at most 1600 characters" in send(practice, "x" * 1601)
    assert blink.posted == []


@pytest.mark.parametrize("phone", ["2065550199", "2065550144", "", "+442079460958", "12345", "<script>"])
def test_nobody_texts_from_a_phone_that_is_not_theirs(practice: Practice, blink: BlinkStandin, phone: str) -> None:
    send(practice, "hello", phone=phone)
    assert blink.posted == []


@pytest.mark.parametrize("number", ["", "+442079460958", "20655501430", "2065550143x12"])
def test_a_phone_that_is_never_texted_cannot_answer_T2(practice: Practice, blink: BlinkStandin, number: str) -> None:
    call(practice.mom, number)
    assert "Text message" not in Browser().get(page_of(practice)).content.decode()
    send(practice, "hello", phone=number)
    assert blink.posted == []


@pytest.mark.parametrize(
    ("number", "country", "why"),
    [
        ("20655501430", "US", "it has 11 digits"),
        ("8765550143", "US", "it is not a U.S. or Canadian number"),
        (MOM, "GB", "texts are only sent by practices in the U.S. and Canada"),
        ("", "US", "This person has given no phone number."),
    ],
)
def test_a_phone_that_is_never_texted_says_why_T1_T2_T3(
    practice: Practice, number: str, country: str, why: str
) -> None:
    call(practice.mom, number)
    Organization.objects.filter(pk=practice.organization.pk).update(country=country)
    words = words_of(Browser().get(page_of(practice)).content.decode())
    assert "No texts come here" in words
    assert why in words
    assert "one hour before an appointment" not in words


@pytest.mark.parametrize(("status", "said"), [(403, "it answered 403"), (500, "answered 500"), (302, "answered 302")])
def test_when_blink_does_not_take_it_the_page_says_so_and_keeps_it_W2(
    practice: Practice, blink: BlinkStandin, status: int, said: str
) -> None:
    blink.status = status
    assert said in keeps(practice, 'running "late", sorry')


def test_when_blink_does_not_answer_the_page_says_so_and_keeps_it_W2(practice: Practice, settings: Settings) -> None:
    settings.PUBLIC_URL, settings.TWILIO_AUTH_TOKEN = f"http://127.0.0.1:{free_port()}", TOKEN
    assert "Blink did not answer. What you wrote is still here: try again." in keeps(practice, "running late, sorry")


def keeps(practice: Practice, body: str) -> str:
    """The words of the page, which has in its field what was typed."""
    url = reverse("outbox:answer", args=[practice.mom.pk])
    html = Browser().post(url, {"phone": MOM, "body": body}).content.decode()
    field = re.search(r'<input type="text"[^>]*>', html)
    assert field
    assert f'value="{body}"' in unescape(field[0])
    assert not OutboxAnswer.objects.exists()
    return words_of(html)


def test_what_was_not_taken_stays_until_there_is_news(practice: Practice, settings: Settings) -> None:
    """The page goes on asking for news of the person, not of the address that texts are posted to."""
    settings.PUBLIC_URL, settings.TWILIO_AUTH_TOKEN = f"http://127.0.0.1:{free_port()}", TOKEN
    html = Browser().post(reverse("outbox:answer", args=[practice.mom.pk]), {"phone": MOM, "body": "hi"}).content
    again = re.search(r'hx-get="([^"]+)"', html.decode())
    assert again
    assert again[1].startswith(page_of(practice))
    htmx = {"hx-request": "true"}
    assert Browser().get(unescape(again[1]), headers=htmx).status_code == 204
    OutboxAnswer.objects.create(phone=MOM, sender=SENDING_NUMBER, body="Bye.")
    news = Browser().get(unescape(again[1]), headers=htmx).content.decode()
    assert "Bye." in news
    assert 'hx-preserve="true"' in news, "what is being typed stays"


def test_a_form_from_elsewhere_sends_nothing(practice: Practice, blink: BlinkStandin) -> None:
    strict = Browser(enforce_csrf_checks=True)
    url = reverse("outbox:answer", args=[practice.mom.pk])
    assert strict.post(url, {"phone": MOM, "body": "STOP"}).status_code == 403
    assert blink.posted == []


@pytest.mark.parametrize("setting", [{"DELIVERY": "providers"}, {"PRODUCTION": True}])
def test_where_messages_really_leave_nobody_answers_for_anybody(
    practice: Practice, blink: BlinkStandin, settings: Settings, setting: dict[str, object]
) -> None:
    for name, value in setting.items():
        setattr(settings, name, value)
    url = reverse("outbox:answer", args=[practice.mom.pk])
    assert Browser().post(url, {"phone": MOM, "body": "STOP"}).status_code == 404
    assert Browser().get(url).status_code == 404
    assert blink.posted == []


def test_one_phone_of_two_practices_is_answered_once_for_both(
    practice: Practice, other_practice: Practice, blink: BlinkStandin
) -> None:
    blink.answer = "<Response><Message>Bye.</Message></Response>"
    send(practice, "please stop")
    assert bubbles(practice) == bubbles(other_practice) == ["Bye."]


def test_times_on_the_phone_are_those_of_its_owner(practice: Practice) -> None:
    at = timezone.now() - timedelta(hours=1)
    InboundText.objects.create(sid="SM1", phone=MOM, to="", body="hi", meaning=Meaning.OTHER, received_at=at)
    assert re.search(r"hi \w{3}, .* P[SD]T", words_of(Browser().get(page_of(practice)).content.decode()))
