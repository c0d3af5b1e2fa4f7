"""What a platform admin reads of one number or address: what holds now, its history, who has it, what went there."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext

from accounts import phones
from accounts.features import Channel
from accounts.models import EmailStop, EmailStopEvent, Login, PhoneFault, TextStop, TextStopEvent
from notifications.models import EmailEvent, InboundText, Notification
from notifications.standing import fault_of

SHOWN = 50  # of each list: the latest


@dataclass(frozen=True)
class Happening:
    """One line of a history: when, what, and who said why."""

    at: datetime
    what: str
    detail: str = ""


@dataclass(frozen=True)
class Whereabouts:
    """`acts` are what the page offers: (value, words), each needing a reason."""

    state: str
    is_stopped: bool
    warnings: list[str]
    history: list[Happening]
    logins: list[Login]
    sent: list[Notification]
    acts: list[tuple[str, str]] = field(default_factory=list)


def of_number(row: TextStop) -> Whereabouts:
    """Needs `everywhere`: a number may be known to several practices."""
    logins = _listed(Login.objects.filter(phone=row.phone))
    fault = PhoneFault.objects.in_force().filter(phone=row.phone).first()
    stopped = row.stopped_since is not None
    acts = [("resume", gettext("Turn texts on again"))] if stopped else [("stop", gettext("Stop all texts"))]
    warnings = []
    if fault is not None:
        warnings.append(fault_of(fault.reason, fault.code).reason.words(Channel.TEXT, fault.code))
        acts.append(("believe", gettext("Believe that it takes texts")))
    if len(logins) > 1:
        warnings.append(
            ngettext(
                "%(count)d login has this number: a STOP holds for it.",
                "%(count)d logins have this number: a STOP holds for all of them.",
                len(logins),
            )
            % {"count": len(logins)}
        )
    return Whereabouts(
        state=gettext("Texts are stopped.") if stopped else gettext("Texts are not stopped."),
        is_stopped=stopped,
        warnings=warnings,
        history=_latest_first([*_decided(row.phone), *_written(row.phone)]),
        logins=logins,
        sent=_sent(logins, Channel.TEXT, row.phone),
        acts=acts,
    )


def of_address(row: EmailStop) -> Whereabouts:
    """Needs `everywhere`, as above."""
    logins = _listed(Login.objects.filter(user__email=row.address))
    stopped = row.stopped_since is not None
    events = EmailStopEvent.objects.filter(address=row.address).select_related("by")[:SHOWN]
    decided = [_turn(event, event.detail) for event in events]
    reported = [
        Happening(event.at, gettext("The provider reported: %(what)s") % {"what": event.type}, event.reject_reason)
        for event in EmailEvent.objects.filter(recipient=row.address)[:SHOWN]
    ]
    return Whereabouts(
        state=gettext("Emails are stopped.") if stopped else gettext("Emails are not stopped."),
        is_stopped=stopped,
        warnings=[],
        history=_latest_first([*decided, *reported]),
        logins=logins,
        sent=_sent(logins, Channel.EMAIL, row.address),
        acts=[("resume", gettext("Write to it again"))] if stopped else [],
    )


def _decided(phone: str) -> list[Happening]:
    """Each time that texts were halted or resumed."""
    events = TextStopEvent.objects.filter(phone=phone).select_related("by")[:SHOWN]
    return [_turn(event, event.said and f"“{event.said}”") for event in events]


def _turn(event: TextStopEvent | EmailStopEvent, words: str) -> Happening:
    """One time that something was halted or resumed: how, in which words, and who said why."""
    what = gettext("Stopped: %(how)s") if event.stopped else gettext("Resumed: %(how)s")
    said = " ".join(filter(None, (words, event.why, str(event.by or ""))))
    return Happening(event.at, what % {"how": event.get_how_display()}, said)


def _written(phone: str) -> list[Happening]:
    """Each text from the number, by what it asked. What else it says is for the practices' inboxes."""
    return [
        Happening(text.received_at, gettext("A text came: %(meaning)s") % {"meaning": text.get_meaning_display()})
        for text in InboundText.objects.filter(phone=phone)[:SHOWN]
    ]


def _latest_first(history: list[Happening]) -> list[Happening]:
    return sorted(history, key=lambda happening: happening.at, reverse=True)[:SHOWN]


def _listed(logins: "QuerySet[Login]") -> list[Login]:
    return list(logins.select_related("organization").order_by("organization__name", "name")[:SHOWN])


def _sent(logins: list[Login], channel: Channel, to: str) -> list[Notification]:
    """What these logins were, or were not, told by this channel; the latest due first."""
    rows = Notification.objects.filter(login__in=logins, channel=channel)
    number = phones.digits(to) if channel == Channel.TEXT else to
    return [row for row in rows.in_words()[:SHOWN] if row.sent_to in ("", number)]
