"""Whether a login can be reached by each channel at all, and how people are told (P6). Asked of the very rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext

from accounts import phones
from accounts.access import MemberRequest
from accounts.features import Channel
from accounts.models import Login
from accounts.panels import Hint
from notifications.channels.local import SENDING_NUMBER
from notifications.reasons import (
    EMAIL_BOUNCED,
    EMAIL_COMPLAINED,
    EMAIL_UNSUBSCRIBED,
    REPLIED_STOP,
    Decision,
    Skip,
)
from notifications.rules import reachable
from notifications.senders import sender_for
from notifications.standing import Standing, standing_of

EMAILS_HALTED = (EMAIL_BOUNCED, EMAIL_COMPLAINED, EMAIL_UNSUBSCRIBED)


@dataclass(frozen=True)
class Reach:
    """One channel of one login: the address, and whether the rules let anything be sent to it."""

    login: Login
    channel: Channel
    decision: Decision

    @property
    def can_be_reached(self) -> bool:
        return not isinstance(self.decision, Skip)

    @property
    def address(self) -> str:
        """Where it goes, as people write it."""
        if self.channel == Channel.EMAIL:
            return self.login.user.email
        return phones.for_display(self.login.phone)

    @property
    def in_a_word(self) -> str:
        """What a list says: "Can be texted", or why not."""
        if isinstance(self.decision, Skip):
            return self.decision.reason.words(self.channel, self.decision.detail)
        return gettext("Can be texted") if self.channel == Channel.TEXT else gettext("Can be emailed")

    def whole_truth(self, *, to_you: bool) -> str:
        """Why it cannot be reached, and how a STOP is undone (P6); nothing if it can."""
        return " ".join(filter(None, (self._truth(to_you=to_you), self._way_back(to_you=to_you))))

    def _truth(self, *, to_you: bool) -> str:
        """Why it cannot be reached, to the very person or about them; nothing if it can."""
        if not isinstance(self.decision, Skip):
            return ""
        why = self.decision.reason.because(self.decision.detail, to_you=to_you)
        if to_you and self.channel == Channel.TEXT:
            return gettext("Texts cannot reach you: %(why)s.") % {"why": why}
        if to_you:
            return gettext("Emails cannot reach you: %(why)s.") % {"why": why}
        if self.channel == Channel.TEXT:
            return gettext("Texts cannot reach %(name)s: %(why)s.") % {"name": self.login.name, "why": why}
        return gettext("Emails cannot reach %(name)s: %(why)s.") % {"name": self.login.name, "why": why}

    @property
    def can_be_resumed(self) -> bool:
        """Whether its owner may ask for emails again, under My Account."""
        return isinstance(self.decision, Skip) and self.decision.reason in EMAILS_HALTED

    def _way_back(self, *, to_you: bool) -> str:
        """How a STOP (T6), or a halt of emails (E4), is undone: by its owner alone; nothing for what is mended else."""
        if not to_you and self.can_be_resumed:
            return gettext("Only they can ask for emails again, under My Account. Staff cannot undo it.")
        if not isinstance(self.decision, Skip) or self.decision.reason is not REPLIED_STOP:
            return ""
        number = our_number(self.login.phone)
        if to_you and number:
            return gettext("To get texts again, text UNSTOP from your phone to %(number)s.") % {"number": number}
        if to_you:
            return gettext("To get texts again, text UNSTOP from your phone to the number that our texts came from.")
        if number:
            return gettext(
                "Only they can undo it, by texting UNSTOP from that phone to %(number)s. Staff cannot undo a STOP."
            ) % {"number": number}
        return gettext(
            "Only they can undo it, by texting UNSTOP from that phone to the number that the texts came from. "
            "Staff cannot undo a STOP."
        )


def reach_of(login: Login) -> list[Reach]:
    """Every channel of one login that comes with `user` and `organization`. Three queries."""
    return reaches([login])[login.pk]


def reaches(logins: Iterable[Login]) -> Mapping[int, list[Reach]]:
    """Every channel of each, by login id. Three queries, whatever their number."""
    listed = list(logins)
    standing = standing_of(
        numbers={phones.digits(login.phone) for login in listed}, addresses={login.user.email for login in listed}
    )
    return {login.pk: [reach(login, channel, standing) for channel in Channel] for login in listed}


def reach(login: Login, channel: Channel, standing: Standing) -> Reach:
    """One channel of one login, by the rule that the sender asks."""
    number = phones.digits(login.phone)
    decision = reachable(
        channel=channel,
        email=login.user.email,
        email_stop=standing.email_stops.get(login.user.email),
        country=str(login.organization.country),
        phone=login.phone,
        stopped=number in standing.stopped,
        phone_fault=standing.phone_faults.get(number),
    )
    return Reach(login, channel, decision)


def hints_of_logins(request: MemberRequest, logins: Sequence[Login]) -> dict[int, list[Hint]]:
    """What reaches each login of a list, for Logins for Clients."""
    return {
        pk: [
            Hint(words=one.in_a_word, tone="good" if one.can_be_reached else "wait")
            for one in found
            if one.channel == Channel.TEXT or not one.can_be_reached  # that emails arrive goes without saying
        ]
        for pk, found in reaches(logins).items()
    }


def our_number(phone: str) -> str:
    """The number that this phone's texts come from, as people write it; nothing where Twilio chooses from a pool."""
    if settings.DELIVERY == "outbox":
        return phones.for_display(SENDING_NUMBER)
    sender = sender_for(phones.digits(phone))
    return phones.for_display(sender) if sender.startswith("+") else ""
