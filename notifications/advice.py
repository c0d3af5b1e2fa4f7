"""What a platform admin reads of a hold: what the provider refuses, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications.channels.twilio_errors import page_about
from notifications.holding import kept_back_by
from notifications.models import Hold, Notification
from notifications.reasons import Words

MOST_COUNTED = 10_000

_ACCOUNT = _("Twilio has closed or suspended our account (%(code)s): look into Twilio's console.")
_SENDER = _("Twilio does not let our number send texts (%(code)s): check TWILIO_FROM, and the number in its console.")
_SERVICE = _("Twilio cannot use our Messaging Service (%(code)s): check TWILIO_FROM, and the service in its console.")
_SIGN_IN = _(
    "The mail server refuses our sign-in (%(code)s): check the user, the password and the encryption in the settings."
)

# What the word stands for: the code of a provider, or the name of an error.
_ADVICE: Mapping[tuple[Channel, str], Words] = {
    **{(Channel.TEXT, code): _ACCOUNT for code in ("10001", "20005", "30002", "90010")},
    **{(Channel.TEXT, code): _SENDER for code in ("21212", "21603", "21606", "21659", "21660")},
    **{(Channel.TEXT, code): _SERVICE for code in ("21701", "21703", "21704")},
    (Channel.TEXT, "20003"): _(
        "Twilio refuses our credentials (%(code)s): check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
    ),
    (Channel.TEXT, "20404"): _("Twilio does not know our account (%(code)s): check TWILIO_ACCOUNT_SID."),
    (Channel.TEXT, "21408"): _(
        "Our Twilio account may not text this country (%(code)s): allow it in Twilio's console, under Messaging, "
        "Geo permissions."
    ),
    (Channel.TEXT, "21609"): _("Twilio cannot reach us for its reports (%(code)s): check PUBLIC_URL."),
    (Channel.TEXT, "30032"): _(
        "Our toll-free number is not verified (%(code)s): verify it in Twilio's console, or send from another number."
    ),
    (Channel.TEXT, "30034"): _(
        "Our number is not registered for texts to the U.S. (%(code)s): register it for A2P 10DLC in Twilio's console."
    ),
    (Channel.TEXT, "63038"): _("Our Twilio account has sent as many texts as it may in a day (%(code)s)."),
    **{(Channel.EMAIL, code): _SIGN_IN for code in ("530", "534", "535", "538", "SMTPNotSupportedError")},
    (Channel.EMAIL, "401"): _("The email provider refuses our credentials (%(code)s): check its key in the settings."),
    (Channel.EMAIL, "402"): _("The email provider wants to be paid first (%(code)s): look into its console."),
    (Channel.EMAIL, "403"): _(
        "The email provider does not let us send (%(code)s): check its key, and our domain in its console."
    ),
}


@dataclass(frozen=True)
class HoldInWords:
    """One hold, as its banner shows it."""

    hold: Hold
    waiting: int

    @property
    def what(self) -> str:
        """What does not go out, such as "Texts to CA are held"."""
        if self.hold.country:
            return gettext("Texts to %(country)s are held") % {"country": self.hold.country}
        return gettext("Texts are held") if self.hold.channel == Channel.TEXT else gettext("Emails are held")

    @property
    def why(self) -> str:
        """What the provider says, and what to do about it."""
        return why(self.hold)

    @property
    def explained_at(self) -> str:
        """The provider's own page about the code, if it has one."""
        return page_about(self.hold.code) if self.hold.channel == Channel.TEXT else ""

    @property
    def since(self) -> datetime:
        return self.hold.since

    @property
    def has_more(self) -> bool:
        return self.waiting > MOST_COUNTED


def why(hold: Hold) -> str:
    """What the provider refuses, and what to do about it."""
    general = (
        _("Twilio refuses every text (%(code)s): look the code up at Twilio, and check the settings.")
        if hold.channel == Channel.TEXT
        else _("The mail server or email provider refuses every email (%(code)s): check the settings.")
    )
    return str(_ADVICE.get((Channel(hold.channel), hold.code), general)) % {"code": hold.code}


def holds_in_words() -> list[HoldInWords]:
    """The holds in force with how many wait because of each. One query while there is none."""
    with everywhere("a hold keeps back what every organization sends"):
        return [
            HoldInWords(hold, kept_back_by([hold], Notification.objects.all()).order_by()[: MOST_COUNTED + 1].count())
            for hold in Hold.objects.in_force().order_by("since")
        ]
