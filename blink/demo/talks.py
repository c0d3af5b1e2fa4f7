"""Conversations of the demo. What was said in the past was told in the past; each practice has one who writes now.

Past messages are put in place without telling anybody, and are read: the ledger shows what Blink really did (O5).
Those written now go the usual way, so that their notices leave within the first minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from accounts.models import Client, Login
from blink.demo.building import Builder
from messaging.models import Conversation, Message, Participant

READ_AFTER = timedelta(minutes=20)


@dataclass(frozen=True)
class Said:
    """One message of the past: `days` ago (at least one), `at` this local time."""

    by: str
    days: int
    at: str
    words: str


@dataclass(frozen=True)
class Talk:
    """One conversation. Clients by first name, logins by name; `now` is who writes at this moment, and what."""

    client: str
    subject: str
    people: Sequence[str]
    said: Sequence[Said] = ()
    unread_by: Sequence[str] = ()
    now: tuple[str, str] | None = None


def hold(practice: Builder, talks: Sequence[Talk]) -> None:
    """Put these conversations in place, inside the practice's scope."""
    for talk in talks:
        client = Client.objects.get(first_name=talk.client)
        people = {login.name: login for login in Login.objects.filter(name__in=talk.people)}
        conversation = _remember(practice, talk, client, people) if talk.said else None
        if talk.now:
            who, words = talk.now
            if conversation is not None:
                conversation.reply(author=people[who], body=words, at=practice.now)
                continue
            others = [login for name, login in people.items() if name != who]
            Conversation.start(
                client=client, author=people[who], recipients=others, subject=talk.subject, body=words, at=practice.now
            )


def _remember(practice: Builder, talk: Talk, client: Client, people: dict[str, Login]) -> Conversation:
    organization = practice.organization
    moments = [_moment(practice, said) for said in talk.said]
    conversation = Conversation.objects.create(
        organization=organization,
        client=client,
        subject=talk.subject,
        started_at=moments[0],
        last_message_at=moments[-1],
    )
    # In bulk, which announces nothing.
    said = Message.objects.bulk_create(
        Message(
            organization=organization,
            conversation=conversation,
            author=people[each.by],
            body=each.words,
            sent_at=moment,
        )
        for each, moment in zip(talk.said, moments, strict=True)
    )
    Participant.objects.bulk_create(
        Participant(
            organization=organization,
            conversation=conversation,
            login=login,
            joined_at=moments[0],
            read_through=0 if name in talk.unread_by else said[-1].pk,
            read_at=None if name in talk.unread_by else moments[-1] + READ_AFTER,
        )
        for name, login in people.items()
    )
    return conversation


def _moment(practice: Builder, said: Said) -> datetime:
    day = practice.now.astimezone(practice.organization.zone).date() - timedelta(days=said.days)
    return datetime.combine(day, time.fromisoformat(said.at), practice.organization.zone)


SEATTLE = (
    Talk(
        "Ruby",
        "A quieter waiting room",
        ("Hanna Lindqvist", "Bram Oyelaran"),
        [
            Said("Hanna Lindqvist", 9, "19:42", "Ruby finds the waiting room loud on Mondays. Could we wait outside?"),
            Said("Bram Oyelaran", 8, "09:05", "Of course. Ring when you are here and I will come and get you both."),
            Said("Hanna Lindqvist", 8, "09:31", "Thank you, that helps a lot."),
        ],
        now=("Hanna Lindqvist", "We may be five minutes late tomorrow, the bridge is closed again. Is that all right?"),
    ),
    Talk(
        "Ada",
        "Books for the holidays",
        ("Marcus Bellweather", "Sunniva Park"),
        [
            Said("Sunniva Park", 6, "16:20", "Ada asked what she could read over the holidays. Shall I put a list up?"),
            Said("Marcus Bellweather", 6, "20:11", "Yes please! She has read everything we own.\n\nTwice."),
            Said("Sunniva Park", 5, "08:48", "Done: there are five on it, and the first two are at the library."),
        ],
    ),
    Talk(
        "Felix",
        "Taking turns on Fridays",
        ("Marisol Quintero", "Bram Oyelaran", "Ysolde Ferrante"),
        [
            Said("Ysolde Ferrante", 3, "14:02", "Next month Bram and I would take turns on Fridays. Is that fine?"),
            Said("Bram Oyelaran", 2, "10:15", "I can do the first one. Felix knows my room already."),
        ],
        unread_by=("Marisol Quintero",),
    ),
    Talk(
        "Jonah",
        "Parking",
        ("Jonah Whitcombe", "Dr. Imogen Castellane"),
        [
            Said("Jonah Whitcombe", 12, "07:58", "Is the lot behind the house still open to visitors?"),
            Said("Dr. Imogen Castellane", 12, "08:30", "It is, the two places by the hedge are ours."),
        ],
    ),
    # Mom and dad both; the grandmother wants to hear nothing, and the record says so.
    Talk(
        "Theo",
        "Photographs from the garden",
        ("Rosalind Bellweather", "Sunniva Park"),
        now=("Sunniva Park", "Theo's seedlings have come up. Come and see them on Monday if you like."),
    ),
)

MONTREAL = (
    Talk(
        "Maude",
        "Congé du mois prochain",
        ("Réjean Thivierge", "Étienne Bourassa"),
        [
            Said("Étienne Bourassa", 4, "11:10", "Je serai absent la première semaine du mois prochain."),
            Said("Réjean Thivierge", 4, "18:25", "Merci de nous prévenir. On reprend la semaine suivante?"),
            Said("Étienne Bourassa", 3, "08:40", "Oui, à la même heure."),
        ],
        now=("Réjean Thivierge", "Maude demande si elle peut apporter son cahier de dessins."),
    ),
    Talk(
        "Luc",
        "Reçu pour mon employeur",
        ("Luc Desrosiers", "Geneviève Lachapelle"),
        [
            Said("Luc Desrosiers", 7, "12:15", "Pourriez-vous me préparer un reçu pour le mois dernier?"),
            Said("Geneviève Lachapelle", 6, "09:00", "C’est fait, il vous attend à l’accueil."),
        ],
        unread_by=("Luc Desrosiers",),
    ),
)

BRISTOL = (
    # Both parents are told by email; the text that one of them ticked is ruled out by the practice's address.
    Talk(
        "Poppy",
        "Half-term",
        ("Leela Ashdown", "Callum Ashdown", "Rhys Penhallow"),
        [
            Said("Leela Ashdown", 5, "20:05", "Are you open over half-term?"),
            Said("Rhys Penhallow", 4, "09:20", "We are, all week but for the Friday."),
        ],
        now=("Rhys Penhallow", "I was wrong about the Friday: the blue room is free after all. Shall I keep it?"),
    ),
    Talk(
        "Ivy",
        "Lost scarf",
        ("Naomi Featherstone", "Rhys Penhallow"),
        [Said("Naomi Featherstone", 1, "17:48", "Did Ivy leave a green scarf in the attic room?")],
        now=("Naomi Featherstone", "Found it in the car, sorry!"),
    ),
)
