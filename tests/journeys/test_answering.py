"""A mother answers her texts: STOP, UNSTOP, and in words of her own."""

from datetime import timedelta

from accounts.features import Channel
from accounts.models import Login
from accounts.tenancy import within
from notifications.models import InboundText, Notification, OutboxAnswer, State
from tests.conftest import Practice, choose
from tests.journeys.conftest import Sits, every_way
from tests.journeys.people import Person
from tests.journeys.site import Site, send_everything_due

TWILIO_STOPPED = "You have successfully been unsubscribed."
TWILIO_RESUMED = "You have successfully been re-subscribed"


def due_now(*practices: Practice) -> None:
    """In each an appointment whose text falls due at once, and is sent or not."""
    for each in practices:
        each.appointment(starts_in=timedelta(minutes=59, seconds=59))
    send_everything_due()


def texts(login: Login) -> list[tuple[str, str]]:
    """What became of each text for this login, and why."""
    with within(login.organization_id):
        rows = Notification.objects.filter(login=login, channel=Channel.TEXT).order_by("pk")
        return list(rows.values_list("state", "reason"))


def sees_a_stop(person: Person, where: str, *args: int) -> None:
    person.goes_to(where, *args)
    person.looks_at("Texts go to").sees("(206) 555-0143", "STOP", "UNSTOP")


@every_way
def test_stop_on_her_phone_halts_the_texts_of_two_practices_and_unstop_brings_them_back_T6_P6(
    site: Site, phone: Sits, desk: Sits, practice: Practice, other_practice: Practice
) -> None:
    """The cast's moms of both practices have one number."""
    both = (practice, other_practice)
    for each in both:
        choose(each.mom, Channel.TEXT)
    due_now(*both)
    her_phone = phone()
    her_phone.goes_to("outbox:person", practice.mom.pk)
    her_phone.sees("Harbor Kids Therapy: Mia has an appointment", "Outside Counseling: Mia has an appointment")

    her_phone.presses("STOP")
    her_phone.sees(TWILIO_STOPPED)
    assert OutboxAnswer.objects.count() == 1, "one confirmation at most"
    for each in both:
        maria, olive = phone(each.mom).is_signed_in(), desk(each.owner).is_signed_in()
        sees_a_stop(maria, "my_account")
        olive.goes_to("login_list")
        olive.looks_at("Maria Rivera").sees("STOP")
        sees_a_stop(olive, "login", each.mom.pk)
        olive.does_not_see("A STOP from it stops texts to both")  # the other practice is nothing to this one

    due_now(*both)
    for each in both:
        assert texts(each.mom) == [(State.SENT, ""), (State.SKIPPED, "replied_stop")]
    olive.goes_to("record_of_login", other_practice.mom.pk)
    olive.sees("Not texted: this number replied STOP")

    her_phone.presses("UNSTOP")
    her_phone.sees(TWILIO_RESUMED)
    assert OutboxAnswer.objects.count() == 2
    maria.goes_to("my_account")
    maria.looks_at("Texts go to").does_not_see("UNSTOP")
    due_now(*both)
    for each in both:
        assert [state for state, _reason in texts(each.mom)] == [State.SENT, State.SKIPPED, State.SENT]


@every_way
def test_what_she_writes_herself_is_read_and_dealt_with_by_staff_T7(
    phone: Sits, desk: Sits, practice: Practice
) -> None:
    choose(practice.mom, Channel.TEXT)
    due_now(practice)
    her_phone = phone()
    her_phone.goes_to("outbox:person", practice.mom.pk)
    her_phone.types("Text message", "running late, sorry")
    her_phone.presses("Send")
    her_phone.sees("running late, sorry")
    her_phone.finds("Text message", "")
    assert InboundText.objects.get().body == "running late, sorry"
    assert not OutboxAnswer.objects.exists(), "nobody answers but people"

    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to("/")
    theo.looks_at("Text replies").sees("Maria Rivera", "running late, sorry")
    theo.opens("Text replies 1 waiting")
    theo.opens("Maria Rivera")
    theo.sees("(206) 555-0143", "Appointment reminder", "running late, sorry")
    theo.presses("Done")
    theo.sees("Done. It comes back to the top when they write again.")
    theo.looks_at("running late, sorry").sees("Maria Rivera", "Done")
    theo.goes_to("/")
    theo.does_not_see("running late, sorry")


def test_a_plea_to_stop_is_confirmed_once_on_her_phone_T6(phone: Sits, practice: Practice) -> None:
    her_phone = phone()
    her_phone.goes_to("outbox:person", practice.mom.pk)
    for times in ("first", "second"):
        her_phone.types("Text message", "please stop texting me")
        her_phone.presses("Send")
        her_phone.finds("Text message", "")
        her_phone.sees("You will get no more texts from us. Reply UNSTOP to resume.")
        assert OutboxAnswer.objects.count() == 1, f"after the {times} time"


def test_enter_sends_what_she_wrote_and_not_a_quick_word_T7(phone: Sits, practice: Practice) -> None:
    her_phone = phone()
    her_phone.goes_to("outbox:person", practice.mom.pk)
    her_phone.types("Text message", "running late, sorry")
    her_phone.page.keyboard.press("Enter")
    her_phone.finds("Text message", "")
    her_phone.sees("running late, sorry")
    her_phone.does_not_see(TWILIO_STOPPED)
    assert InboundText.objects.get().body == "running late, sorry"


def test_what_she_is_typing_stays_when_a_text_arrives_W2(phone: Sits, practice: Practice) -> None:
    choose(practice.mom, Channel.TEXT)
    her_phone = phone()
    her_phone.goes_to("outbox:person", practice.mom.pk)
    her_phone.types("Text message", "running la")
    due_now(practice)
    her_phone.sees("Mia has an appointment")
    her_phone.finds("Text message", "running la")
    her_phone.page.keyboard.type("te")
    her_phone.finds("Text message", "running late")
    her_phone.presses("Send")
    her_phone.sees("running late")
