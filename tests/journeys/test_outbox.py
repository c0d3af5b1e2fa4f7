"""From the front page to what a mother was sent."""

from datetime import timedelta

from accounts.features import Channel
from tests.conftest import Practice, choose
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site


@every_way
def test_a_newcomer_reads_an_email_in_its_three_forms_R2(site: Site, phone: Sits, practice: Practice) -> None:
    practice.appointment(starts_in=timedelta(hours=24))
    subject = site.latest_email(to=practice.mom).subject

    newcomer = phone()
    newcomer.goes_to("/")
    newcomer.sees("Nobody misses an appointment because nobody told them")
    newcomer.opens("The outbox")
    newcomer.sees("Every email and text, as the people who got it see it.", "Maria Rivera", subject)

    newcomer.looks_at("Sent last").opens_about("Maria Rivera")
    newcomer.sees(subject, practice.mom.user.email, "Message-ID")
    frame = newcomer.page.frame_locator("iframe")
    assert "Mia" in frame.locator("body").inner_text()

    newcomer.opens("Plain text")
    newcomer.sees("Mia", "Harbor Kids Therapy")
    newcomer.opens("Calendar file")
    newcomer.sees("BEGIN:VCALENDAR", "Open in a calendar")


def test_texts_arrive_on_the_phone_while_somebody_looks_R2(site: Site, desk: Sits, practice: Practice) -> None:
    """The page fetches what is new by itself; without JavaScript one asks for it again."""
    choose(practice.mom, Channel.TEXT)
    practice.appointment(starts_in=timedelta(hours=2))
    newcomer = desk()
    newcomer.goes_to("outbox:person", practice.mom.pk)
    newcomer.sees("No texts yet")
    site.time_passes(hours=1)
    newcomer.sees("Reply STOP to stop", "(206) 555-0143")
    newcomer.does_not_see("No texts yet")
    (text,) = site.texts(to=practice.mom)
    newcomer.sees(text)
