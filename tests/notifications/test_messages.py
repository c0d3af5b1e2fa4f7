"""What people receive about appointments: the very words of emails and texts (E2, N4, R4, R5, T4, T5)."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.db.models import CharField, DateField, DateTimeField, TextField
from django.utils import timezone, translation

from accounts.features import Channel
from accounts.fields import PhoneField
from accounts.links import public_url
from accounts.models import Client, Login, Organization, User
from accounts.tenancy import everywhere, within
from notifications.delivery import deliver_batch
from notifications.kinds import Content, Delivery
from notifications.models import Notification, OutboxMessage
from notifications.rendering import Rendered, render
from notifications.templatetags.notices import kind_label, phone_link
from notifications.texts import segments
from notifications.unsubscribe_links import link_for
from scheduling.lines import Line
from scheduling.models import Appointment
from scheduling.scan import scan
from tests.conftest import Practice, choose, link, make_client, make_practice

ENGLISH_FOOTER = "Reply STOP to stop, UNSTOP to resume."
FRENCH_FOOTER = "Répondez STOP pour arreter, UNSTOP pour reprendre."
HOSTILE = '<script>alert(1)</script> & "Co" {{ x }}'
# A Tuesday in winter, 9 in the morning in Seattle.
WINTER = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


class Read(HTMLParser):
    """The words of an HTML email as they are seen, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._unseen += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def run_now() -> None:
    scan(timezone.now())
    while deliver_batch():
        pass


def received(login: Login, channel: Channel = Channel.EMAIL) -> list[OutboxMessage]:
    """What this login received, the latest last."""
    with within(login.organization_id):
        kept = OutboxMessage.objects.filter(notification__login=login, channel=channel)
        return list(kept.select_related("notification").order_by("pk"))


def remind(practice: Practice, *, at: datetime = WINTER, location: str = "") -> OutboxMessage:
    """The reminder email to mom of an appointment that starts 24 hours after `at`."""
    with time_machine.travel(at, tick=False):
        practice.appointment(starts_in=timedelta(hours=24), location=location)
        run_now()
        return received(practice.mom)[-1]


def text_of(practice: Practice, *, at: datetime = WINTER) -> OutboxMessage:
    """The reminder text to mom of an appointment that starts an hour after `at`."""
    with time_machine.travel(at, tick=False):
        choose(practice.mom, Channel.TEXT)
        practice.appointment(starts_in=timedelta(hours=1))
        run_now()
        return received(practice.mom, Channel.TEXT)[-1]


def in_french(practice: Practice) -> Practice:
    with within(practice.organization):
        practice.mom.language = "fr"
        practice.mom.save()
    return practice


def at_winter(name: str = "Harbor Kids Therapy", **fields: object) -> Practice:
    """A practice that has been there for a month by then."""
    with time_machine.travel(WINTER, tick=False):
        return make_practice(name, **fields)


@pytest.fixture
def harbor(db: None) -> Practice:
    return at_winter(phone="206-555-0100", reply_to="front@harbor.example")


def test_a_reminder_says_who_when_with_whom_and_where_E2_R4(harbor: Practice) -> None:
    message = remind(harbor, location="Room 3")
    assert message.subject == "Reminder: appointment on Wednesday, November 25 at 9:00 AM PST"
    for words in (message.body, Read(message.html).text):
        for said in (
            "Hello Maria Rivera,",
            "This is a reminder of this appointment at Harbor Kids Therapy:",
            "Wednesday, November 25",
            "9:00 AM PST",
            "For: Mia",
            "With: Theo Therapist",
            "Where: Room 3",
            "Cannot come? Call (206) 555-0100 or reply to this email.",
            "You get this because emails about appointments are turned on for you.",
            "Choose what you get by email and by text under My Account",
            "1 Pier Road",
            "Seattle, WA 98101",
        ):
            assert said in words, said


def test_no_name_of_a_client_is_in_any_subject_N4(harbor: Practice) -> None:
    remind(harbor)
    with time_machine.travel(WINTER + timedelta(hours=1), tick=False), within(harbor.organization):
        appointment = Appointment.objects.get()
        appointment.move(appointment.starts_at + timedelta(hours=2))
        run_now()
        appointment.set_status(Appointment.Status.CANCELLED)
        run_now()
        appointment.set_status(Appointment.Status.SCHEDULED)
        run_now()
    subjects = [message.subject for message in received(harbor.mom)]
    assert subjects == [
        "Reminder: appointment on Wednesday, November 25 at 9:00 AM PST",
        "Appointment moved to Wednesday, November 25 at 11:00 AM PST",
        "Appointment cancelled: Wednesday, November 25 at 11:00 AM PST",
        "Appointment is on again: Wednesday, November 25 at 11:00 AM PST",
    ]


# What may be in a message's words, by whose field it is; whatever else is known about these people stays here (N4).
# The location is printed: where to go is what a reminder is for, and whoever books writes it to be read by the family.
IN_A_TEXT = {"practice.name", "child.first_name"}
IN_AN_EMAIL = IN_A_TEXT | {"mom.name", "therapist.name", "appointment.location"} | {
    f"practice.{field}" for field in ("street", "street2", "city", "region", "postal_code", "phone")
}  # fmt: skip
BORN = datetime(1987, 6, 5, tzinfo=UTC).date()


def plant_canaries(practice: Practice, appointments: list[Appointment]) -> dict[str, str]:
    """Put a word of its own into every field that people fill in, of everybody around; returns them by field.

    It walks the models' fields, so one that is added later is planted too, and must stay out or be let in above.
    """
    sibling = make_client(practice.organization, "Sibling")
    link(practice.mom, sibling)
    logins = {name: getattr(practice, name) for name in ("mom", "dad", "therapist", "owner")}
    rows = {
        "practice": practice.organization,
        "child": practice.child,
        "sibling": sibling,
        **logins,
        **{f"{name}.user": login.user for name, login in logins.items()},
    }
    planted: dict[str, str] = {}
    for name, row in [*rows.items(), *(("appointment", appointment) for appointment in appointments)]:
        values: dict[str, object] = {}
        for field in row._meta.concrete_fields:
            if isinstance(field, PhoneField):
                values[field.name] = planted.setdefault(f"{name}.{field.name}", f"20655501{len(planted):02}")
            elif isinstance(field, CharField | TextField) and not field.choices:
                values[field.name] = planted.setdefault(f"{name}.{field.name}", f"canary{len(planted):02}")
            elif isinstance(field, DateField) and not isinstance(field, DateTimeField):
                values[field.name] = BORN
        type(row)._base_manager.filter(pk=row.pk).update(**values)
        row.refresh_from_db()
    return planted


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_leaves_but_who_when_with_whom_and_where_N4(harbor: Practice, language: str) -> None:
    if language == "fr":
        in_french(harbor)
    with time_machine.travel(WINTER, tick=False), within(harbor.organization):
        choose(harbor.mom, Channel.TEXT)
        a_day_ahead = harbor.appointment(starts_in=timedelta(hours=24))
        an_hour_ahead = harbor.appointment(starts_in=timedelta(hours=1))
        with everywhere("users belong to no practice"):
            planted = plant_canaries(harbor, [a_day_ahead, an_hour_ahead])
        run_now()
        for appointment in (a_day_ahead, an_hour_ahead):
            appointment.move(appointment.starts_at + timedelta(minutes=30))
            run_now()
            appointment.set_status(Appointment.Status.CANCELLED)
            run_now()
            appointment.set_status(Appointment.Status.SCHEDULED)
            run_now()
    assert {"child.last_name", "dad.name", "therapist.user.email", "practice.slug", "sibling.first_name"} < set(planted)
    for channel, may in ((Channel.EMAIL, IN_AN_EMAIL), (Channel.TEXT, IN_A_TEXT)):
        messages = received(harbor.mom, channel)
        kinds = [message.notification.kind for message in messages]
        assert kinds == ["appointment.reminder", *["appointment.changed"] * 3]
        assert len({message.body for message in messages}) == 4
        for message in messages:
            page = public_url(message.organization, "")  # the one link; it names the practice in its address
            forms = [message.body, *([message.subject + Read(message.html).text] if message.html else [])]
            forms = [form.replace(page, "") for form in forms]
            for words in forms:
                assert {field for field, canary in planted.items() if is_in(words, canary)} == may, words
            # Not even where nobody looks: attributes, comments, the calendar file.
            everywhere_in_it = "\n".join((message.subject, message.body, message.html, message.calendar))
            everywhere_in_it = everywhere_in_it.replace(page, "")
            assert {field for field, canary in planted.items() if is_in(everywhere_in_it, canary)} == may
            assert str(BORN.year) not in everywhere_in_it
            assert message.notification.key not in everywhere_in_it


def is_in(words: str, canary: str) -> bool:
    """Also a phone number that is written as people, or `tel:` links, write it."""
    return canary in words or (canary.isdecimal() and canary in re.sub(r"[ ()-]", "", words))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_links_of_an_email_lead_to_pages_of_this_practice_and_texts_carry_none_N4(
    harbor: Practice, language: str
) -> None:
    """docs/decisions/0007-what-a-text-says.md"""
    if language == "fr":
        in_french(harbor)
    email = remind(harbor)
    links = {str(a["href"]) for a in Read(email.html).all("a")}
    pages = {link for link in links if not link.startswith("tel:")}
    assert public_url(harbor.organization, "/account/") in pages
    appointment = public_url(harbor.organization, f"/my/appointments/{email.notification.subject_id}/")
    assert appointment in pages
    with within(harbor.organization):
        unsubscribe = link_for(email.notification.login, email.notification.feature)
    assert all(page.startswith(public_url(harbor.organization, "/")) for page in pages - {unsubscribe})
    assert unsubscribe in pages
    assert public_url(harbor.organization, "/account/") in email.body
    assert appointment in email.body
    for promised in ("://", "www.", "blink.example", "My Account", "Mon compte", "Sign in", "sign in", "onnectez"):
        assert promised not in text_of(harbor).body


def test_without_an_address_to_reply_to_nobody_is_told_to_reply(db: None) -> None:
    email = remind(at_winter(phone="206-555-0100", reply_to=""))
    for words in (email.body, Read(email.html).text):
        assert "Call (206) 555-0100." in words
        assert "reply to this email" not in words


def test_an_agenda_of_two_children_is_grouped_by_day_R5(harbor: Practice) -> None:
    with time_machine.travel(WINTER, tick=False):
        leo = make_client(harbor.organization, "Leo")
        link(harbor.mom, leo)
        harbor.appointment(starts_in=timedelta(hours=26), client=leo)
        harbor.appointment(starts_in=timedelta(hours=40), client=leo, location="Room 1")
    message = remind(harbor)
    assert message.subject == "Reminder: 3 appointments, the first on Wednesday, November 25 at 9:00 AM PST"
    _before, _day, agenda = message.body.partition("Wednesday, November 25\n")
    agenda, _rest, _after = agenda.partition("\n\nSee your appointments")
    assert agenda == (
        "  9:00 AM PST\n  For: Mia\n  With: Theo Therapist\n\n"
        "  11:00 AM PST\n  For: Leo\n  With: Theo Therapist\n\n"
        "Thursday, November 26\n"
        "  1:00 AM PST\n  For: Leo\n  With: Theo Therapist\n  Where: Room 1"
    )
    seen = Read(message.html).text
    assert seen.count("Wednesday, November 25") == seen.count("Thursday, November 26") == 1
    assert seen.index("11:00 AM PST For: Leo") < seen.index("Thursday, November 26 1:00 AM PST For: Leo")


def test_a_moved_appointment_is_told_with_its_old_and_new_time_R7(harbor: Practice) -> None:
    remind(harbor)
    with time_machine.travel(WINTER + timedelta(hours=1), tick=False), within(harbor.organization):
        appointment = Appointment.objects.get()
        appointment.move(appointment.starts_at + timedelta(days=1, hours=5))
        run_now()
    message = received(harbor.mom)[-1]
    for words in (message.body, Read(message.html).text):
        assert "has a new time" in words
        assert words.index("Thursday, November 26") < words.index(
            "It was to be on Wednesday, November 25 at 9:00 AM PST."
        )
        assert "2:00 PM PST" in words


def test_a_cancelled_appointment_is_struck_through_and_said_in_words_R7(harbor: Practice) -> None:
    remind(harbor)
    with time_machine.travel(WINTER + timedelta(hours=1), tick=False), within(harbor.organization):
        Appointment.objects.get().set_status(Appointment.Status.CANCELLED)
        run_now()
    message = received(harbor.mom)[-1]
    assert "is cancelled. You do not need to come" in message.body
    assert "<s>Wednesday, November 25</s>" in message.html
    assert "<s>9:00 AM PST</s>" in message.html
    assert "Questions, or would you like another time? Call (206) 555-0100" in message.body


def test_an_agenda_across_a_clock_change_prints_each_time_in_its_own_zone_R4(db: None) -> None:
    # In the night of October 31 to November 1, 2026, clocks in Seattle go back.
    evening = datetime(2026, 10, 31, 1, 0, tzinfo=UTC)  # Friday, 6 in the evening
    with time_machine.travel(evening, tick=False):
        practice = make_practice()
        practice.appointment(starts_in=timedelta(hours=43))
    message = remind(practice, at=evening)
    assert "Saturday, October 31\n  6:00 PM PDT" in message.body
    assert "Sunday, November 1\n  12:00 PM PST" in message.body


@pytest.mark.parametrize(
    ("zone", "printed"),
    [
        ("America/New_York", "Wednesday, November 25 at 12:00 PM EST"),
        ("America/St_Johns", "Wednesday, November 25 at 1:30 PM NST"),
        ("Europe/London", "Wednesday, November 25 at 5:00 PM GMT"),
        ("Asia/Dubai", "Wednesday, November 25 at 9:00 PM UTC+04"),
        ("Asia/Kathmandu", "Wednesday, November 25 at 10:45 PM UTC+0545"),
        ("UTC", "Wednesday, November 25 at 5:00 PM UTC"),
    ],
)
def test_times_are_the_clients_own_with_the_zone_R4(harbor: Practice, zone: str, printed: str) -> None:
    with within(harbor.organization):
        harbor.child.time_zone = zone
        harbor.child.save()
    assert remind(harbor).subject == f"Reminder: appointment on {printed}"


@pytest.mark.parametrize(
    ("phone", "reply_to", "said"),
    [
        ("206-555-0100", "", "Cannot come? Call (206) 555-0100.\n"),
        ("", "front@harbor.example", "Cannot come? Reply to this email.\n"),
        ("", "", "Cannot come? Please tell the practice.\n"),
    ],
)
def test_what_to_do_is_only_what_the_practice_offers(db: None, phone: str, reply_to: str, said: str) -> None:
    message = remind(at_winter(phone=phone, reply_to=reply_to))
    assert said in message.body
    assert " ".join(said.split()) in Read(message.html).text


def test_the_email_is_readable_on_a_phone_in_the_dark_and_without_images_E2(harbor: Practice) -> None:
    html = remind(harbor).html
    read = Read(html)
    assert html.startswith("<!doctype html>")
    assert read.all("html")[0]["lang"] == "en"
    # Webmail keeps only what is inside the body.
    assert next(div for div in read.all("div") if div.get("role") == "article")["lang"] == "en"
    metas = {meta.get("name"): meta.get("content") for meta in read.all("meta")}
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert metas["color-scheme"] == "light dark"
    assert "@media (prefers-color-scheme: dark)" in html
    assert all(table["role"] == "presentation" for table in read.all("table"))
    assert not read.all("img")
    assert "url(" not in html
    assert "background-image" not in html
    # Nothing is wider than a phone but by its own choice to be at most so wide.
    assert not re.search(r"(?<!max-)width:\s*\d+px", html.replace("(max-width: 480px)", ""))
    assert not read.all("script")
    # Gmail clips what is longer.
    assert len(html.encode()) < 102_000


def test_an_agenda_of_many_is_not_clipped_by_a_mailbox_E2(harbor: Practice) -> None:
    with time_machine.travel(WINTER, tick=False):
        for number in range(1, 40):
            harbor.appointment(starts_in=timedelta(hours=24, minutes=number))
    message = remind(harbor)
    assert "40 appointments" in message.subject
    assert len(message.html.encode()) < 102_000


def test_apostrophes_and_ampersands_of_a_practice_arrive_as_they_are(db: None) -> None:
    practice = at_winter("Mom & Me's")
    message = remind(practice)
    assert "at Mom & Me's:" in message.body
    assert "&amp;" not in message.body
    assert "at Mom & Me's:" in Read(message.html).text
    assert "Mom &amp; Me&#x27;s" in message.html
    assert text_of(practice).body.startswith("Mom & Me's: Mia has an appointment")


def test_hostile_names_are_words_and_nothing_else(harbor: Practice) -> None:
    with within(harbor.organization):
        Organization.objects.filter(pk=harbor.organization.pk).update(name=HOSTILE, street=HOSTILE, phone=HOSTILE)
        Login.objects.update(name=HOSTILE)
        Client.objects.update(first_name=HOSTILE)
    message = remind(harbor, location=HOSTILE)
    read = Read(message.html)
    assert not read.all("script")
    assert read.text.count(HOSTILE) >= 6
    assert f"For: {HOSTILE}" in message.body
    assert "\n" not in message.subject


def test_emoji_arrive_R3(harbor: Practice) -> None:
    with within(harbor.organization):
        Client.objects.update(first_name="Zoë 🦄")
        Login.objects.filter(pk=harbor.mom.pk).update(name="Mama 👩‍👧")
    message = remind(harbor)
    assert "For: Zoë 🦄" in message.body
    assert "Hello Mama 👩‍👧," in Read(message.html).text
    text = text_of(harbor)
    assert "Zoë 🦄 has an appointment" in text.body
    assert text.body.endswith(ENGLISH_FOOTER)
    assert segments(text.body).count == 2


def rendered(channel: Channel, *, language: str) -> Rendered:
    """A reminder among names far longer than any form accepts, rendered without a database."""
    name = ("Wolfeschlegelsteinhausenbergerdorff " * 12)[:375]
    organization = Organization(name=name, street=name, city=name, time_zone="UTC", country="US")
    mom = Login(organization=organization, user=User(email="mom@example.com"), name=name, language=language)
    appointment = Appointment(
        organization=organization,
        client=Client(organization=organization, first_name=name),
        staff=mom,
        starts_at=WINTER,
        location=name,
    )
    line = Line(appointment)
    row = Notification(organization=organization, login=mom, channel=channel, useful_until=WINTER)
    return render(
        Delivery(row, appointment), Content(template="scheduling/reminder", context={"lines": [line], "line": line})
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_names_of_375_characters_break_nothing_T4_T5(language: str) -> None:
    email = rendered(Channel.EMAIL, language=language)
    assert len(email.subject) < 120
    assert email.body.count("Wolfeschlegelsteinhausenbergerdorff") >= 60
    # One word longer than the screen breaks anywhere instead of widening the page.
    assert email.html.count("overflow-wrap:anywhere") >= 4

    text = rendered(Channel.TEXT, language=language)
    assert text.segments == 2
    assert text.body.endswith(FRENCH_FOOTER if language == "fr" else ENGLISH_FOOTER)


@pytest.mark.parametrize(
    ("language", "practice", "body"),
    [
        (
            "en",
            "Harbor Kids Therapy",
            "Harbor Kids Therapy: Mia has an appointment on Tue, Nov 24 at 10:00 AM PST. See you soon! "
            + ENGLISH_FOOTER,
        ),
        (
            "fr",
            "Clinique familiale de la Forêt",
            "Clinique familiale de la Foret : Mia a rendez-vous le mardi 24 nov. à 10 h 00 PST. A bientot!"
            " " + FRENCH_FOOTER,
        ),
    ],
)
def test_a_reminder_text_is_one_segment_T4_T5(db: None, language: str, practice: str, body: str) -> None:
    cast = at_winter(practice)
    if language == "fr":
        in_french(cast)
    text = text_of(cast)
    assert text.body == body
    assert segments(text.body).count == 1


PRACTICES = ["Harbor Kids Therapy", "Mom & Me's", "Riverside Counselling", "Clinique familiale de la Forêt boréale"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", PRACTICES)
def test_every_text_about_an_appointment_is_one_segment_for_usual_names_T5(db: None, name: str, language: str) -> None:
    practice = at_winter(name)
    if language == "fr":
        in_french(practice)
    with within(practice.organization):
        Client.objects.update(first_name="Alexandria")
    # The longest words there are for a day: a Wednesday in September.
    september = datetime(2027, 9, 22, 17, 0, tzinfo=UTC)
    with time_machine.travel(september, tick=False), within(practice.organization):
        choose(practice.mom, Channel.TEXT)
        appointment = practice.appointment(starts_in=timedelta(hours=1))
        run_now()
        appointment.move(appointment.starts_at + timedelta(minutes=30))
        run_now()
        appointment.set_status(Appointment.Status.CANCELLED)
        run_now()
        appointment.set_status(Appointment.Status.SCHEDULED)
        run_now()
    texts = received(practice.mom, Channel.TEXT)
    assert len(texts) == 4
    for text in texts:
        assert segments(text.body).count == 1, text.body
        assert text.body.startswith(name[:10])
        assert "Alexandria" in text.body
        assert text.body.endswith(FRENCH_FOOTER if language == "fr" else ENGLISH_FOOTER)


def test_mail_is_written_in_the_language_of_its_login(harbor: Practice) -> None:
    message = remind(in_french(harbor), location="Salle 3")
    assert message.subject == "Rappel : rendez-vous le mercredi 25 novembre à 9 h 00 PST"
    assert Read(message.html).all("html")[0]["lang"] == "fr"
    for words in (message.body, Read(message.html).text):
        for said in (
            "Rappel de rendez-vous",
            "Bonjour Maria Rivera,",
            "Pour : Mia",
            "Avec : Theo Therapist",
            "Où : Salle 3",
            "Vous ne pouvez pas venir? Appelez au (206) 555-0100 ou répondez à ce courriel.",
        ):
            assert said in words, said
    # Dad reads English.
    assert received(harbor.dad)[-1].subject.startswith("Reminder:")


def test_a_french_agenda_counts_and_writes_the_first_of_a_month_as_people_do(db: None) -> None:
    november = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    with time_machine.travel(november, tick=False):
        practice = in_french(make_practice())
        practice.appointment(starts_in=timedelta(hours=26))
    message = remind(practice, at=november)
    assert message.subject == "Rappel : 2 rendez-vous, le premier le mardi 1er décembre à 7 h 00 PST"
    assert "Rappel de 2 rendez-vous" in message.body


def test_corrections_in_french_R7(harbor: Practice) -> None:
    remind(in_french(harbor))
    with time_machine.travel(WINTER + timedelta(hours=1), tick=False), within(harbor.organization):
        appointment = Appointment.objects.get()
        appointment.move(appointment.starts_at + timedelta(hours=5))
        run_now()
        appointment.set_status(Appointment.Status.CANCELLED)
        run_now()
        appointment.set_status(Appointment.Status.SCHEDULED)
        run_now()
    moved, cancelled, on_again = received(harbor.mom)[1:]
    assert moved.subject == "Rendez-vous déplacé au mercredi 25 novembre à 14 h 00 PST"
    assert "Il était prévu le mercredi 25 novembre à 9 h 00 PST." in moved.body
    assert cancelled.subject == "Rendez-vous annulé : mercredi 25 novembre à 14 h 00 PST"
    assert on_again.subject == "Rendez-vous rétabli : mercredi 25 novembre à 14 h 00 PST"


def test_why_not_is_said_in_french_L1() -> None:
    row = Notification(channel=Channel.TEXT, state="skipped", reason="phone_not_ten_digits", reason_detail="11")
    with translation.override("fr"):
        assert row.words == "Texto non envoyé : le numéro de téléphone a 11 chiffres"
        assert str(Channel.TEXT.label) == "Texto"


@pytest.mark.parametrize(
    ("stored", "link_or_words"),
    [
        ("2065550100", '<a href="tel:+12065550100">(206) 555-0100</a>'),
        ("+442079460958", '<a href="tel:+442079460958">+44 20 7946 0958</a>'),
        ("02079460958", '<a href="tel:02079460958">02079460958</a>'),
        ("ask <b>grandma</b>", "ask &lt;b&gt;grandma&lt;/b&gt;"),
    ],
)
def test_a_practices_phone_is_a_link_where_it_can_be_dialled(stored: str, link_or_words: str) -> None:
    assert phone_link(stored) == link_or_words


def test_a_kind_whose_app_is_gone_still_has_a_name() -> None:
    assert kind_label("appointment.reminder") == "Appointment reminder"
    assert kind_label("dance.recital") == "dance.recital"
