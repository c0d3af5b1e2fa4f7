"""A therapist and a mother write to each other."""

from tests.conftest import Practice
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site

QUESTION = "Did Mia sleep through the night?"
ANSWER = "She did, for the first time."


@every_way
def test_a_therapist_writes_and_a_mother_answers_N1_N4(desk: Sits, phone: Sits, site: Site, practice: Practice) -> None:
    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to("/")
    theo.opens("Messages")
    theo.opens("Write a message")
    theo.opens("Mia Rivera")
    theo.unticks("Daniel Rivera (has not signed in yet)")
    theo.types("Subject", "The last nights")
    theo.types("Message", QUESTION)
    theo.presses("Send")
    theo.sees("The last nights", QUESTION)

    (told,) = site.emails(to=practice.mom)
    for secret in ("sleep", "nights"):
        assert secret not in told.subject + told.body + told.html
    assert site.emails(to=practice.dad) == site.emails(to=practice.therapist) == []

    maria = phone(practice.mom)
    maria.follows("Read the message", of=told)
    maria.signs_in_here()
    maria.sees("The last nights", QUESTION)
    maria.presses("Send")
    maria.sees("Write something first.")
    maria.types("Message", ANSWER)
    maria.presses("Send")
    maria.sees(ANSWER)

    (answered,) = site.emails(to=practice.therapist)
    assert ANSWER not in answered.body
    assert site.emails(to=practice.mom) == [told]
    theo.goes_to("/")
    theo.looks_at("New messages").sees("The last nights", "1 new")
    theo.follows("Read the message", of=answered)
    theo.sees(ANSWER)
    theo.goes_to("/")
    theo.does_not_see("New messages")


def test_a_message_that_is_deleted_before_the_notice_left_tells_nobody_N5(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    maria = phone(practice.mom).is_signed_in()
    maria.goes_to("/")
    maria.opens("Messages")
    maria.opens("Write a message")
    maria.types("Subject", "Tomorrow")
    maria.types("Message", "We shall be late.")
    maria.presses("Send")
    maria.opens_about("Delete")
    maria.presses("Delete the message")
    maria.sees("This message was deleted.")
    assert site.emails(to=practice.therapist) == []
    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to("message_list")
    theo.sees("The last message was deleted.")
