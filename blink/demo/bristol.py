"""The U.K. practice: nobody is ever texted, and the record says so in words (T1). Invoices are turned off."""

from datetime import datetime

from accounts.models import Feature, Plan
from accounts.tenancy import within
from blink.demo import assignments, talks
from blink.demo.building import Builder, open_practice
from blink.demo.invoices import billed, draft


def build(now: datetime, password_hash: str) -> None:
    organization = open_practice(
        now,
        name="Willowmere Counselling",
        slug="willowmere",
        street="27 Thistledown Row",
        city="Bristol",
        postal_code="BS1 9ZX",
        country="GB",
        time_zone="Europe/London",
        phone="+44 117 496 0100",
        reply_to="hello@willowmere.example",
        plan=Plan.GO,
    )
    with within(organization):
        _fill(Builder(organization, now, password_hash))


def _fill(practice: Builder) -> None:
    practice.without(Feature.INVOICES)
    harriet = practice.staff(
        "Dr Harriet Oakenfold", "harriet@willowmere.example", is_organization_admin=True, is_user_admin=True
    )
    practice.staff("Beatrix Nwosu", "beatrix@willowmere.example", is_schedule_admin=True)
    rhys = practice.staff("Rhys Penhallow", "rhys@willowmere.example")

    # Her parents ticked text, which is allowed (P6); it is the practice's address that rules it out.
    poppy = practice.client("Poppy", "Ashdown", "2015-07-23", rhys)
    practice.login("Leela Ashdown", "leela.ashdown@post.example", poppy, phone="07700 900111", text=True)
    practice.login("Callum Ashdown", "callum.ashdown@post.example", poppy, phone="07700 900112")
    practice.text_in(0, poppy, rhys, location="Blue room")

    # Even an American number is not texted from here.
    gareth = practice.client("Gareth", "Lovelace", "1971-10-10", harriet)
    practice.login("Gareth Lovelace", "gareth.lovelace@post.example", gareth, phone="+1 617 555 0131", text=True)
    practice.text_in(0, gareth, harriet)

    # A mother of two, told about both in one email.
    ivy = practice.client("Ivy", "Featherstone", "2012-03-03", rhys)
    rowan = practice.client("Rowan", "Featherstone", "2014-08-19", harriet)
    practice.login("Naomi Featherstone", "naomi.featherstone@post.example", ivy, rowan, phone="07700 900121")
    practice.email_in(1, ivy, rhys, location="Blue room")
    practice.email_in(61, rowan, harriet, location="Attic")

    arthur = practice.client("Arthur", "Pemberley", "1965-01-19", harriet)
    practice.login("Arthur Pemberley", "arthur.pemberley@post.example", arthur, everything_off=True)
    practice.email_in(5, arthur, harriet, location="Attic")

    for client, staff, weekday, at in [
        (poppy, rhys, 0, "15:30"),
        (ivy, rhys, 2, "16:00"),
        (gareth, harriet, 1, "11:00"),
        (rowan, harriet, 3, "15:30"),
        (arthur, harriet, 4, "10:00"),
    ]:
        practice.weekly(client, staff, weekday, at)
    talks.hold(practice, talks.BRISTOL)
    assignments.give(practice, assignments.BRISTOL)

    # From before invoices were turned off; they are there again once they are turned on (O3).
    session, room = ("Counselling, 50 minutes", "1", "60.00"), ("Hire of the attic, an hour", "1", "22.50", "20")
    billed(practice, gareth, harriet, session, session, room, ago=70, paid_after=8)
    billed(practice, arthur, harriet, session, ago=64, void=True)
    billed(practice, poppy, harriet, session, session, ago=45)
    billed(practice, ivy, harriet, session, room, ago=10)
    draft(practice, rowan, harriet, session)
