"""The U.S. practice. Its first minute shows an agenda, reminders to mom and dad, texts, and most reasons not to."""

from datetime import datetime

from accounts.models import EmailStop, Plan, User
from accounts.tenancy import within
from blink.demo import assignments, story, talks
from blink.demo.building import CHOSE, Builder, open_practice
from blink.demo.invoices import billed, draft


def build(now: datetime, password_hash: str, elio: User) -> None:
    """`elio` has a login in Montréal as well."""
    organization = open_practice(
        now,
        name="Cedar & Finch Family Therapy",
        slug="cedar-finch",
        street="418 Larkspur Way N",
        street2="Suite 2",
        city="Seattle",
        region="WA",
        postal_code="98103",
        country="US",
        time_zone="America/Los_Angeles",
        phone="(206) 555-0100",
        reply_to="hello@cedarfinch.example",
        plan=Plan.GO,  # the smallest plan: reminders by email and text are part of it all the same (O4)
    )
    with within(organization):
        _fill(Builder(organization, now, password_hash), elio)


def _fill(practice: Builder, elio: User) -> None:
    imogen = practice.staff(
        "Dr. Imogen Castellane",
        "imogen@cedarfinch.example",
        is_organization_admin=True,
        is_user_admin=True,
        phone="206 555 0101",
    )
    wendell = practice.staff("Wendell Okonjo", "wendell@cedarfinch.example", is_user_admin=True)
    practice.staff("Tilda Vasquez", "tilda@cedarfinch.example", is_schedule_admin=True, phone="206 555 0102")
    bram = practice.staff("Bram Oyelaran", "bram@cedarfinch.example")
    sunniva = practice.staff("Sunniva Park", "sunniva@cedarfinch.example")
    ysolde = practice.staff("Ysolde Ferrante", "ysolde@cedarfinch.example")

    # Mom and dad for one child (R3). The story moves this appointment once both were reminded.
    ruby = practice.client("Ruby", "Lindqvist", "2017-04-09", bram)
    practice.login("Hanna Lindqvist", "hanna.lindqvist@mail.example", ruby, phone="(206) 555-0111", text=True)
    practice.login("Tomas Lindqvist", "tomas.lindqvist@mail.example", ruby, phone="206.555.0112")
    practice.login("Victor Lindqvist", "victor.lindqvist@mail.example", ruby, phone="206-555-0113").deactivate()
    practice.email_in(0, ruby, bram, location="Room 2", uid=story.MOVED)

    # One dad for two children: one email for both, an agenda (R5). A grandmother who wants to hear nothing.
    ada = practice.client("Ada", "Bellweather", "2015-11-30", sunniva)
    theo = practice.client("Theo", "Bellweather", "2018-06-21", sunniva, imogen)
    practice.login(
        "Marcus Bellweather", "marcus.bellweather@mail.example", ada, theo, phone="+1 (206) 555-0121", text=True
    )
    practice.login("Rosalind Bellweather", "rosalind.bellweather@mail.example", theo, everything_off=True)
    practice.email_in(0, ada, sunniva, location="Garden room")
    practice.email_in(60, theo, imogen, location="Room 1")

    # An adult with a login of his own.
    jonah = practice.client("Jonah", "Whitcombe", "1988-02-14", imogen)
    practice.login("Jonah Whitcombe", "jonah.whitcombe@mail.example", jonah, phone="206 555 0131", text=True)
    practice.text_in(0, jonah, imogen, location="Room 1")

    # The mother's number has a digit too many (T2), the father's is right.
    nila = practice.client("Nila", "Raghavan", "2013-08-03", sunniva)
    practice.login("Priya Raghavan", "priya.raghavan@mail.example", nila, phone="206-555-01411", text=True)
    practice.login("Anand Raghavan", "anand.raghavan@mail.example", nila, phone="206-555-0142", text=True)
    practice.text_in(0, nila, sunniva, location="Garden room")

    # Care has ended, but somebody forgot an appointment (N5).
    delia = practice.client("Delia", "Marchbanks", "1979-12-01", imogen)
    practice.login("Delia Marchbanks", "delia.marchbanks@mail.example", delia, phone="206 555 0151", text=True)
    practice.email_in(0, delia, imogen)
    delia.discharge()

    # His mailbox is gone (E4), so he is told by text alone.
    otis = practice.client("Otis", "Halvorsen", "1994-05-17", bram)
    practice.login("Otis Halvorsen", "otis.halvorsen@mail.example", otis, phone="206-555-0161", text=True)
    EmailStop.objects.stop("otis.halvorsen@mail.example", EmailStop.Because.BOUNCED, at=practice.now - CHOSE)
    practice.text_in(2, otis, bram, location="Room 2")

    cosima = practice.client("Cosima", "Iversen", "2016-09-12", wendell)
    practice.login("Elio Iversen", elio, cosima, phone="(206) 555-0171", text=True)
    practice.email_in(3, cosima, wendell, location="Room 4")

    # A client who is far away: times are in the client's own zone (R4).
    maren = practice.client("Maren", "Tolliver", "1990-07-07", ysolde, time_zone="America/New_York")
    practice.login("Maren Tolliver", "maren.tolliver@mail.example", maren, phone="917 555 0181", text=True)
    practice.email_in(6, maren, ysolde, location="By video")

    # Nothing special soon; their weekly hours give the calendar its shape.
    felix = practice.client("Felix", "Quintero", "2012-01-25", bram, ysolde)
    practice.login("Marisol Quintero", "marisol.quintero@mail.example", felix, phone="206 555 0191", text=True)
    wren = practice.client("Wren", "Abernathy", "2014-10-05", sunniva)
    # A number that two parents share; texts go to it for the one who chose them.
    practice.login("Joss Abernathy", "joss.abernathy@mail.example", wren, phone="206 555 0192", text=True)
    practice.login("Leif Abernathy", "leif.abernathy@mail.example", wren, phone="206 555 0192")

    for client, staff, weekday, at in [
        (ruby, bram, 0, "15:00"),
        (cosima, wendell, 1, "15:30"),
        (otis, bram, 2, "12:00"),
        (felix, bram, 3, "16:00"),
        (ada, sunniva, 0, "16:00"),
        (theo, sunniva, 0, "17:00"),
        (nila, sunniva, 3, "15:00"),
        (wren, sunniva, 4, "14:00"),
        (jonah, imogen, 1, "09:00"),
        (maren, ysolde, 2, "10:00"),
    ]:
        practice.weekly(client, staff, weekday, at)
    practice.weekly(wren, sunniva, 1, "13:00")
    practice.weekly(felix, bram, 0, "11:00")
    practice.weekly(felix, ysolde, 4, "11:00")
    practice.weekly(wren, sunniva, 2, "16:30")
    talks.hold(practice, talks.SEATTLE)
    assignments.give(practice, assignments.SEATTLE)

    # Invoices of two months. One is marked as paid just now, so her therapist is told; who noted it is not (P5).
    session, report = ("Family session, 50 minutes", "1", "165.00"), ("School report", "1.5", "140.00")
    billed(practice, ruby, wendell, session, session, ago=62, paid_after=9)
    billed(practice, theo, wendell, session, report, ago=55, paid_after=31)
    billed(practice, ada, wendell, session, ago=48)
    billed(practice, jonah, imogen, ("Individual session, 50 minutes", "4", "150.00"), ago=41, paid_after=2)
    billed(practice, nila, wendell, session, ago=36, void=True)
    billed(practice, nila, wendell, session, session, ago=35, note="Replaces an invoice that was void.")
    billed(practice, otis, wendell, ("Individual session, 50 minutes", "3", "150.00"), ago=20)
    billed(practice, felix, wendell, session, ("Group evening for parents", "1", "45.00"), ago=12)
    billed(practice, theo, wendell, session, session, ago=6)
    noted = billed(practice, maren, ysolde, ("Video session, 50 minutes", "2", "150.00"), ago=5)
    noted.mark_paid(on=practice.now.astimezone(practice.organization.zone).date(), by=wendell, at=practice.now)
    draft(practice, ruby, wendell, session, session, session)
    draft(practice, wren, wendell, session, note="Ask Joss about the missed hour before this is issued.")
