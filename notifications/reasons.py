"""Why something was not sent, in words a receptionist understands (L1).

The general reasons are here; a domain app adds its own beside its kinds with `Reason(...)`.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel

Words = str | Promise


class Mend(Enum):
    """Where a reason is mended; whoever shows the record turns it into a link."""

    NOWHERE = "nowhere"
    ORGANIZATION = "organization"
    LOGIN = "login"
    CLIENT = "client"
    PREFERENCES = "preferences"


@dataclass(frozen=True)
class Reason:
    """One reason. `why` may hold %(detail)s: a count or a provider's code, never anything personal.

    `your_why` says the same to the very person who was not told, where that takes other words.
    `told_all_the_same` is for what another notice makes needless.
    """

    code: str
    why: Words
    mend: Mend = Mend.NOWHERE
    your_why: Words = ""
    told_all_the_same: bool = False

    known: ClassVar[dict[str, "Reason"]] = {}

    def __post_init__(self) -> None:
        if self.code in Reason.known:
            raise ValueError(f"Two reasons are called {self.code!r}.")
        Reason.known[self.code] = self

    def words(self, channel: str, detail: str = "", *, to_you: bool = False) -> str:
        """The whole sentence, such as "Not texted: the phone number has 11 digits"; or "your phone number has"."""
        why = self.because(detail, to_you=to_you)
        if channel == Channel.TEXT:
            return _now("Not texted: %(why)s") % {"why": why}
        return _now("Not emailed: %(why)s") % {"why": why}

    def because(self, detail: str = "", *, to_you: bool = False) -> str:
        """Why alone, such as "the phone number has 11 digits"."""
        return str((to_you and self.your_why) or self.why) % {"detail": detail}


@dataclass(frozen=True)
class Send:
    """The decision to send."""


@dataclass(frozen=True)
class Skip:
    """The decision not to send, with the one rule that decided it."""

    reason: Reason
    detail: str = field(default="")


Decision = Send | Skip

# What was put right too late for this notice is right by now: the reasons called "later" have nothing to mend.
FEATURE_OFF = Reason("feature_off", _("this feature is turned off for the practice"), Mend.ORGANIZATION)
FEATURE_ON_LATER = Reason(
    "feature_on_later",
    _("the practice turned this feature on after the moment it was about"),
)
LOGIN_INACTIVE = Reason(
    "login_inactive", _("this login is deactivated"), Mend.LOGIN, your_why=_("your login was deactivated")
)
LOGIN_ACTIVE_LATER = Reason(
    "login_active_later",
    _("this login was made active too late for it"),
    your_why=_("your login was made active too late for it"),
)
CLIENT_DISCHARGED = Reason("client_discharged", _("the client is discharged"), Mend.CLIENT)
CLIENT_ACTIVE_LATER = Reason("client_active_later", _("the client became active too late for it"))
NOT_LINKED = Reason(
    "not_linked",
    _("this login is no longer linked to the client"),
    Mend.LOGIN,
    your_why=_("you are no longer linked to the client"),
)
LINKED_LATER = Reason(
    "linked_later",
    _("this login was linked to the client too late for it"),
    your_why=_("you were linked to the client too late for it"),
)
PREFERENCE_OFF = Reason(
    "preference_off",
    _("this login has it turned off"),
    Mend.PREFERENCES,
    your_why=_("you have it turned off"),
)
PREFERENCE_ON_LATER = Reason(
    "preference_on_later",
    _("this login turned it on after the moment it was about"),
    your_why=_("you turned it on after the moment it was about"),
)
SUBJECT_GONE = Reason("subject_gone", _("what it was about is no longer there"))
TOO_LATE = Reason("too_late", _("it was too late by the time it could be sent"))
NO_EMAIL = Reason(
    "no_email", _("there is no email address"), Mend.LOGIN, your_why=_("we have no email address of yours")
)
EMAIL_BOUNCED = Reason(
    "email_bounced",
    _("emails to this address come back"),
    Mend.LOGIN,
    your_why=_("emails to your address come back"),
)
EMAIL_COMPLAINED = Reason(
    "email_complained",
    _("an email to this address was marked as spam"),
    your_why=_("an email to your address was marked as spam"),
)
EMAIL_UNSUBSCRIBED = Reason(
    "email_unsubscribed",
    _("this address unsubscribed from all emails"),
    your_why=_("your address unsubscribed from all emails"),
)
EMAIL_NOT_TAKEN = Reason(
    "email_not_taken", _("the mail server of this address did not take it in time (code %(detail)s)")
)
PRACTICE_OUTSIDE_US_CANADA = Reason(
    "practice_outside_us_canada",
    _("texts are only sent by practices in the U.S. and Canada"),
    Mend.ORGANIZATION,
)
NO_PHONE = Reason("no_phone", _("there is no phone number"), Mend.LOGIN, your_why=_("we have no phone number of yours"))
PHONE_NOT_TEN_DIGITS = Reason(
    "phone_not_ten_digits",
    _("the phone number has %(detail)s digits"),
    Mend.LOGIN,
    your_why=_("your phone number has %(detail)s digits"),
)
PHONE_OUTSIDE_US_CANADA = Reason(
    "phone_outside_us_canada",
    _("the phone number is not a U.S. or Canadian number"),
    Mend.LOGIN,
    your_why=_("your phone number is not a U.S. or Canadian number"),
)
REPLIED_STOP = Reason(
    "replied_stop",
    _("this number replied STOP; only UNSTOP from that phone resumes texts"),
    your_why=_("your number replied STOP; only UNSTOP from your phone resumes texts"),
)
REFUSED = Reason("refused", _("the provider refused it for good (code %(detail)s)"), Mend.LOGIN)
NUMBER_TAKES_NO_TEXTS = Reason(
    "number_takes_no_texts",
    _("the number is a landline or cannot take texts (code %(detail)s)"),
    Mend.LOGIN,
)
NUMBER_NOT_IN_USE = Reason("number_not_in_use", _("the number is not in use (code %(detail)s)"), Mend.LOGIN)
PHONE_OUT_OF_REACH = Reason("phone_out_of_reach", _("the phone was switched off or out of reach (code %(detail)s)"))
PHONE_BLOCKS_TEXTS = Reason(
    "phone_blocks_texts", _("the phone, or its phone company, blocks these texts (code %(detail)s)"), Mend.LOGIN
)
FILTERED = Reason("filtered", _("the phone company took it for spam (code %(detail)s)"))
WAITED_TOO_LONG = Reason("waited_too_long", _("it waited at the provider until it was too late (code %(detail)s)"))
NOT_DELIVERED = Reason("not_delivered", _("the phone company did not deliver it (code %(detail)s)"))
NOT_TAKEN_ON = Reason("not_taken_on", _("the provider could not send it (code %(detail)s)"))
PLATFORM_FAULT = Reason(
    "platform_fault",
    _("the platform's account with the provider was not in order (code %(detail)s); the platform admin was told"),
)
GAVE_UP = Reason("gave_up", _("the provider could not take it in time (code %(detail)s)"))
UNCONFIRMED = Reason("unconfirmed", _("the provider never confirmed it, and it was too late to try again"))
NOT_WRITABLE = Reason("not_writable", _("its words could not be put together; the platform admin was told"))
