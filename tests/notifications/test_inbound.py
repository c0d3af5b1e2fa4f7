"""Texts to us: kept once, obeyed at once, confirmed once at most, in every organization (T6, T7)."""

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.features import Channel
from accounts.models import Login, PhoneFault, TextStop, TextStopEvent
from accounts.tenancy import within
from notifications import inbound, threads
from notifications.confirming import ANSWERED_BY_TWILIO, FOR_A_WHILE, MOST_ANSWERS, words_for
from notifications.models import InboundText, Meaning
from notifications.reachability import reaches
from notifications.reading import explain
from notifications.texts import segments
from tests.accounts.racing import race
from tests.conftest import Practice
from tests.notifications.conftest import PUBLIC_URL
from tests.standins.twilio import Callback, TwilioStandin

pytestmark = pytest.mark.django_db

PATH = "/webhooks/twilio/inbound"
ADDRESS = PUBLIC_URL + PATH
MOM = "2065550143"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'
STOPPED = "You will get no more texts from us. Reply UNSTOP to resume."
RESUMED = "You will get texts from us again. Reply STOP to stop, UNSTOP to resume."
HELP = "For help with these texts, please call your practice. Reply STOP to stop, UNSTOP to resume."

Text = Callable[..., str]


def post(callback: Callback, **headers: str) -> Any:
    """Our answer; the Host header that arrives here is not the public one."""
    return Client(enforce_csrf_checks=True).generic(
        "POST",
        callback.url.removeprefix(PUBLIC_URL),
        urlencode(callback.fields),
        content_type=FORM,
        headers={"X-Twilio-Signature": callback.signature, **headers},
    )


def answer_to(callback: Callback) -> str:
    """What the person is texted back; "" for nothing."""
    response = post(callback)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    words: str = response.content.decode()
    if words == EMPTY:
        return ""
    said = re.fullmatch(r'<\?xml version="1.0" encoding="UTF-8"\?><Response><Message>(.+)</Message></Response>', words)
    assert said, words
    return said[1]


@pytest.fixture
def text(practice: Practice, twilio: TwilioStandin) -> Text:
    """Mom texts something; what she is texted back."""

    def send(body: str, **told: Any) -> str:
        return answer_to(twilio.inbound(body, to=ADDRESS, **told))

    return send


def stopped(number: str = MOM) -> bool:
    return TextStop.objects.in_force().filter(phone=number).exists()


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ("STOP", TextStopEvent.How.WORD),
        ("opt out", TextStopEvent.How.WORD),
        ("Arrêt.", TextStopEvent.How.WORD),
        ("please stop texting me", TextStopEvent.How.MEANING),
        ("mauvais numéro", TextStopEvent.How.MEANING),
    ],
)
def test_a_stop_halts_texts_and_is_on_record_in_its_words_T6(text: Text, said: str, how: str) -> None:
    text(said)
    assert stopped()
    (event,) = TextStopEvent.objects.all()
    assert (event.phone, event.stopped, event.how, event.said) == (MOM, True, how, said)
    assert TextStop.objects.get().stopped_since == event.at == InboundText.objects.get().received_at


def test_what_advanced_opt_out_recognized_is_obeyed_and_left_unanswered_T6(text: Text) -> None:
    assert text("BASTA", opt_out_type="STOP") == ""
    assert stopped()
    assert TextStopEvent.objects.get().how == TextStopEvent.How.PROVIDER
    assert text("DALE", opt_out_type="START") == ""
    assert not stopped()
    assert text("QUE", opt_out_type="HELP") == ""


@pytest.mark.parametrize("said", ["UNSTOP", "start", " Start. "])
def test_a_resume_turns_texts_on_again_T6(text: Text, said: str) -> None:
    text("STOP")
    text(said)
    assert not stopped()


@pytest.mark.parametrize("said", ["YES", "yes", "please start again", "hello?", ""])
def test_nothing_else_resumes_T6(text: Text, said: str) -> None:
    text("STOP")
    assert text(said) == ""
    assert stopped()


def test_one_stop_holds_in_every_practice_with_the_number_T6(
    text: Text, practice: Practice, other_practice: Practice
) -> None:
    """Both Maria Riveras have the number, each in a practice of her own."""
    logins = (practice.mom, other_practice.mom)

    def reachable() -> list[bool]:
        found = []
        for login in logins:
            with within(login.organization_id):
                found += [one.can_be_reached for one in reaches([login])[login.pk] if one.channel == Channel.TEXT]
        return found

    assert reachable() == [True, True]
    text("STOP")
    assert reachable() == [False, False]
    text("UNSTOP")
    assert reachable() == [True, True]


@pytest.mark.parametrize("said", ["please stop texting me", "stop.", "opt out", "ARRET"])
def test_a_stop_that_twilio_does_not_know_is_confirmed_once_T4_T6(text: Text, said: str) -> None:
    assert text(said) in (STOPPED, words_for(Meaning.STOP, "fr"))
    assert text(said) == ""  # nothing changed any more
    assert text("leave me alone") == ""


@pytest.mark.parametrize("form", [str.lower, str.upper, str.title, lambda word: f" {word}\n"])
def test_what_twilio_answers_itself_is_not_answered_again_T6(text: Text, form: Callable[[str], str]) -> None:
    for word in sorted(ANSWERED_BY_TWILIO):
        assert text(form(word)) == "", word


def test_a_resume_that_twilio_does_not_know_is_confirmed_if_it_changed_something_T6(text: Text) -> None:
    assert text("unstop!") == ""
    text("STOP")
    assert text("unstop!") == RESUMED


def test_help_that_twilio_does_not_know_is_given_unless_the_number_is_stopped_T6(text: Text) -> None:
    assert text("help!") == HELP
    assert text("help!") == HELP
    text("STOP")
    assert text("help!") == ""
    assert InboundText.objects.filter(meaning=Meaning.HELP).count() == 3


@pytest.mark.parametrize("sender", ["+442079460958", "+18765550123", "+12060550143", "72255", "BANK", "+12065550143x9"])
def test_nobody_is_answered_who_is_never_texted_T3(text: Text, sender: str) -> None:
    """Some numbers abroad earn with each text that they can make us send."""
    for said in ("help!", "please stop texting me", "unstop!"):
        assert text(said, sender=sender) == ""
    assert InboundText.objects.count() == 3


def test_who_asks_on_and_on_is_obeyed_and_answered_a_few_times_T6(text: Text) -> None:
    said = ["please stop texting me", "unstop!", "help!"] * 10
    assert len(list(filter(None, map(text, said)))) == MOST_ANSWERS
    assert not stopped()
    text("please stop texting me")
    assert stopped()
    assert text("help!", sender="+12065550144") == HELP, "that is another number"
    InboundText.objects.update(received_at=timezone.now() - FOR_A_WHILE)
    assert text("unstop!") == RESUMED


def test_french_words_are_answered_in_french_T4(text: Text) -> None:
    assert text("Aide") == words_for(Meaning.HELP, "fr")
    assert "Répondez STOP pour" in words_for(Meaning.HELP, "fr")
    assert text("arrêtez de m'écrire") == words_for(Meaning.STOP, "fr")


def speak_french(login: Login) -> None:
    with within(login.organization_id):
        Login.objects.filter(pk=login.pk).update(language="fr")


def test_words_of_no_language_are_answered_in_that_of_a_login_with_the_number(text: Text, practice: Practice) -> None:
    speak_french(practice.mom)
    assert text("help!") == words_for(Meaning.HELP, "fr")
    assert text("help!", sender="+12065550144") == HELP  # dad
    assert text("help!", sender="+12065550199") == HELP  # nobody


def test_english_words_are_answered_in_english_whatever_the_login(text: Text, practice: Practice) -> None:
    speak_french(practice.mom)
    assert text("please stop texting me") == STOPPED


@pytest.mark.parametrize("language", [code for code, _name in django_settings.LANGUAGES])
@pytest.mark.parametrize("meaning", [Meaning.STOP, Meaning.RESUME, Meaning.HELP])
def test_every_answer_is_one_segment_that_says_how_to_go_on_T4_T5(meaning: Meaning, language: str) -> None:
    words = words_for(meaning, language)
    counted = segments(words)
    assert (counted.encoding, counted.count) == ("GSM-7", 1)
    assert "UNSTOP" in words
    assert translation.get_language() == "en"


@pytest.mark.parametrize("meaning", [Meaning.OTHER, Meaning.MAYBE_STOP])
def test_no_other_text_has_an_answer(meaning: Meaning) -> None:
    assert words_for(meaning, "en") == ""


# Once, whatever happens.


def test_a_repeat_changes_nothing_and_is_answered_with_nothing_T7(twilio: TwilioStandin, practice: Practice) -> None:
    callback = twilio.inbound("please stop texting me", to=ADDRESS)
    assert [answer_to(callback) for _ in range(3)] == [STOPPED, "", ""]
    assert InboundText.objects.count() == TextStopEvent.objects.count() == 1


def test_an_old_stop_that_is_repeated_does_not_undo_an_unstop_T7(twilio: TwilioStandin, practice: Practice) -> None:
    stop, unstop = (twilio.inbound(word, to=ADDRESS) for word in ("STOP", "UNSTOP"))
    for callback in (stop, unstop, stop, stop, unstop):
        assert answer_to(callback) == ""
    assert not stopped()


@pytest.mark.services  # a real server: the SQLite that tests share in memory locks whole tables
@pytest.mark.django_db(transaction=True)
def test_requests_of_one_text_at_the_same_moment_are_one_text_T7(twilio: TwilioStandin, practice: Practice) -> None:
    callback = twilio.inbound("please stop texting me", to=ADDRESS)
    answers = race(lambda: answer_to(callback))
    assert sorted(answers) == ["", "", "", STOPPED]
    assert InboundText.objects.count() == TextStopEvent.objects.count() == 1


# What is kept.


def test_any_text_is_kept_as_it_came_T7(text: Text) -> None:
    before = timezone.now()
    assert text("Running late — be there in 10 😀\nSorry") == ""
    kept = InboundText.objects.get()
    assert (kept.phone, kept.to, kept.body) == (MOM, "2065550100", "Running late — be there in 10 😀\nSorry")
    assert (kept.meaning, kept.media, kept.opt_out_type) == (Meaning.OTHER, 0, "")
    assert before <= kept.received_at <= timezone.now()


def test_a_picture_alone_is_kept(text: Text) -> None:
    assert text("", media=2) == ""
    kept = InboundText.objects.get()
    assert (kept.body, kept.media, kept.meaning) == ("", 2, Meaning.OTHER)


@pytest.mark.parametrize(
    ("sender", "phone"),
    [
        ("+442079460958", "+442079460958"),
        ("72255", "72255"),
        ("+18765550123", "8765550123"),
        ("BANK", "BANK"),
        ("anonymous", "anonymous"),
        ("+1" + "2" * 200, "+1" + "2" * 62),
        ("\0\x1f+12065550143", MOM),
    ],
)
def test_a_sender_that_is_no_ten_digit_number_is_kept_and_obeyed_too_T7(text: Text, sender: str, phone: str) -> None:
    text("STOP", sender=sender)
    assert InboundText.objects.get().phone == phone
    assert stopped(phone)


@pytest.mark.parametrize(
    "body",
    [
        "\0",
        "stop\0",
        "a\0b",
        "x" * 15_000,
        "é" * 9_000,
        "\ud83d".encode("utf-8", "replace").decode(),
        "\x07\x1b\ufffd\uffff",
        "ﷺ" * 2_000,
    ],
)
def test_whatever_the_body_it_is_kept(text: Text, body: str) -> None:
    text(body)
    assert InboundText.objects.get().body == body.replace("\0", "")[:10_000]


@pytest.mark.parametrize(
    "told",
    [
        {"opt_out_type": "X" * 50},
        {"opt_out_type": "\0"},
        {"number": "MG" + "0" * 32},
        {"number": ""},
        {"number": "\0" * 5},
    ],
)
def test_odd_fields_of_a_genuine_text_do_no_harm(text: Text, told: dict[str, str]) -> None:
    text("hello", **told)
    assert InboundText.objects.get().body == "hello"


@pytest.mark.parametrize("count", ["", "-1", "many", "9" * 40, "²", "1.5"])
def test_a_count_of_pictures_that_is_none_does_no_harm(twilio: TwilioStandin, practice: Practice, count: str) -> None:
    genuine = twilio.inbound("hello", to=ADDRESS)
    assert answer_to(twilio.signed(ADDRESS, {**genuine.fields, "NumMedia": count})) == ""
    assert InboundText.objects.get().media == 0


def test_a_text_from_a_number_lifts_what_was_said_against_it(text: Text) -> None:
    PhoneFault.objects.note(MOM, reason="phone_landline", code="30006")
    text("hello")
    assert not PhoneFault.objects.exists()


# Whom it reaches.


@pytest.fixture
def filed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Bodies in the order in which they went to the inboxes."""
    bodies: list[str] = []
    monkeypatch.setattr(threads, "file", lambda text: bodies.append(text.body))
    return bodies


def test_each_text_goes_to_the_inboxes_once_T7(twilio: TwilioStandin, practice: Practice, filed: list[str]) -> None:
    said = ["wrong number", "too many messages", "see you", "STOP"]
    for body in said:
        callback = twilio.inbound(body, to=ADDRESS)
        answer_to(callback)
        answer_to(callback)
    assert filed == said


def test_a_stop_is_not_lost_because_an_inbox_cannot_be_written_T6(
    text: Text, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_text: InboundText) -> None:
        raise RuntimeError(MOM)

    monkeypatch.setattr(threads, "file", fail)
    assert text("please stop texting me") == STOPPED
    assert stopped()
    assert f"Inbound text {InboundText.objects.get().pk} is in no inbox (RuntimeError)." in caplog.text
    assert MOM not in caplog.text


def test_nothing_of_a_text_is_logged(text: Text, twilio: TwilioStandin, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        text("please stop texting my purple elephant", sender="+12065550177")
        post(twilio.signed(ADDRESS, {"Body": "purple elephant", "From": "+12065550177"}))
        genuine = twilio.inbound("purple elephant", to=ADDRESS, sender="+12065550177")
        post(Callback(ADDRESS, genuine.fields, "forged"))
    # Django's own debug log of queries is not on in any installation.
    logged = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert not [line for line in logged if "elephant" in line or "5550177" in line]


# Over the network, with the very headers.


@pytest.mark.django_db(transaction=True)
def test_a_text_travels_by_http_like_twilios_T7(
    live_server: LiveServer, twilio: TwilioStandin, practice: Practice, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["blink.example"]
    twilio.callbacks_to = live_server.url
    answers = twilio.receive("Please stop texting me", to=ADDRESS, times=2)
    confirmed = EMPTY.replace("<Response />", f"<Response><Message>{STOPPED}</Message></Response>")
    assert answers == ((200, confirmed), (200, EMPTY))
    assert stopped()
    assert twilio.receive("UNSTOP", to=ADDRESS) == ((200, EMPTY),)
    assert not stopped()


def test_how_is_named_by_what_was_known() -> None:
    assert inbound.how(explain("stop")) == TextStopEvent.How.WORD
    assert inbound.how(explain("please stop")) == TextStopEvent.How.MEANING
    assert inbound.how(explain("basta", "STOP")) == TextStopEvent.How.PROVIDER
