"""Homework of the demo. What was given in the past was told in the past; each practice has some that is news now.

The past is put in place without telling anybody: the ledger shows what Blink really did (O5). What is given or marked
done at this moment goes the usual way, so that its notices leave within the first minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from accounts.models import Client, Login
from blink.demo.building import Builder
from homework.models import Homework

EVENING = time(19, 30)  # when families do it
AFTERNOON = time(16, 5)  # when staff give it


@dataclass(frozen=True)
class Given:
    """One piece of homework. The client by first name, logins by name; `days` ago (0 is now), due in `due` days.

    Done by whom, and how many days ago: 0 is now, too.
    """

    client: str
    by: str
    title: str
    instructions: str = ""
    days: int = 0
    due: int | None = None
    done_by: str = ""
    done: int = 0


def give(practice: Builder, given: Sequence[Given]) -> None:
    """Put this homework in place, inside the practice's scope."""
    clients = {client.first_name: client for client in Client.objects.all()}
    logins = {login.name: login for login in Login.objects.all()}
    past = [each for each in given if each.days]
    rows = [_row(practice, each, clients, logins) for each in past]
    Homework.objects.bulk_create(rows)  # which announces nothing
    for each, row in zip(past, rows, strict=True):
        if each.done_by and not each.done:
            row.mark_done(logins[each.done_by])
    for each in given:
        if not each.days:
            _row(practice, each, clients, logins).save()


def _row(practice: Builder, given: Given, clients: dict[str, Client], logins: dict[str, Login]) -> Homework:
    today = practice.now.astimezone(practice.organization.zone).date()
    row = Homework(
        organization=practice.organization,
        client=clients[given.client],
        assigned_by=logins[given.by],
        title=given.title,
        instructions=given.instructions,
        due_on=None if given.due is None else today + timedelta(days=given.due),
        created_at=_at(practice, today, given.days, AFTERNOON) if given.days else practice.now,
    )
    if given.done_by and given.done:
        row.done_by, row.done_at = logins[given.done_by], _at(practice, today, given.done, EVENING)
        row.times_done = 1
    row.updated_at = row.done_at or row.created_at
    # Its organization, client and staff were checked when they were made.
    row.clean_fields(exclude={"organization", "client", "assigned_by", "done_by"})
    return row


def _at(practice: Builder, today: date, days: int, clock: time) -> datetime:
    return datetime.combine(today - timedelta(days=days), clock, practice.organization.zone)


SEATTLE = (
    Given(
        "Felix",
        "Ysolde Ferrante",
        "Draw the map of a good day",
        "Take a big sheet and draw your day as a road, from waking up to going to bed.\n\n"
        "Put a flag wherever it went well, and a puddle wherever it did not. Bring it on Friday.",
        due=4,
    ),
    Given(
        "Wren",
        "Sunniva Park",
        "Five minutes of slow breathing",
        "Before bed, with the pinwheel: in while you count to four, out while you count to six.",
        days=6,
        due=1,
        done_by="Joss Abernathy",
    ),
    Given(
        "Ruby",
        "Bram Oyelaran",
        "Three brave things",
        "Each evening write down one brave thing that you did. Small ones count.",
        days=5,
        due=3,
    ),
    Given(
        "Ruby",
        "Bram Oyelaran",
        "Read the story of the quiet fox together",
        days=19,
        due=-10,
        done_by="Hanna Lindqvist",
        done=12,
    ),
    Given("Ada", "Sunniva Park", "Choose a book for next time", days=8, due=-1),
    Given(
        "Theo",
        "Dr. Imogen Castellane",
        "Feelings weather report",
        "At breakfast say what the weather is inside: sunny, windy, foggy. Nobody needs to mend it.",
        days=13,
        due=6,
    ),
    Given(
        "Jonah",
        "Dr. Imogen Castellane",
        "Sleep diary",
        "When to bed, when asleep, when awake. A guess is enough.",
        days=7,
        done_by="Jonah Whitcombe",
        done=2,
    ),
    Given("Otis", "Bram Oyelaran", "One walk without the phone", days=3),
)

MONTREAL = (
    Given(
        "Anaïs",
        "Geneviève Lachapelle",
        "Le cahier des petites victoires",
        "Chaque soir, note une chose qui a bien été. Une phrase suffit.",
        due=7,
    ),
    Given(
        "Émile",
        "Étienne Bourassa",
        "Respirer avec la plume",
        "Souffle doucement sous la plume pour qu’elle reste en l’air. Trois fois par jour.",
        days=6,
        due=2,
    ),
    Given(
        "Maude",
        "Étienne Bourassa",
        "Dessiner sa chambre idéale",
        days=15,
        due=-8,
        done_by="Réjean Thivierge",
        done=9,
    ),
    Given("Luc", "Geneviève Lachapelle", "Une heure sans écran avant le coucher", days=4),
)

BRISTOL = (
    Given(
        "Ivy",
        "Rhys Penhallow",
        "Listen to the sea, ten minutes",
        "With headphones and eyes shut. Afterwards write down three sounds that you heard.",
        due=5,
    ),
    Given(
        "Rowan",
        "Dr Harriet Oakenfold",
        "The worry jar",
        "A slip of paper for each worry, and the lid on top until we meet.",
        days=6,
        due=1,
        done_by="Naomi Featherstone",
    ),
    Given("Gareth", "Dr Harriet Oakenfold", "Ring one friend", days=9, due=-2),
    Given("Poppy", "Rhys Penhallow", "Bring a photograph of your cat", days=12, done_by="Callum Ashdown", done=7),
)
