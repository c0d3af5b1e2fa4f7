"""Channels: one small module each, that sends or raises.

`send` answers with the provider's id, or raises
- `Permanent(code)`: the provider refused it; never try again. `reason` says why in people's words, if known.
- `Transient(code, retry_after)`: it certainly was not accepted; try again while it is useful.
- `OnceMore(code, reason)`: not accepted; worth one more try, and no third.
- `Misconfigured(code, country)`: refused because of our account or our settings, as every other message would be.
- `Lost(code)`: the answer never came; it may have been accepted.
Nothing of a provider's own exception leaves a channel: they carry addresses and bodies.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.features import Channel
from notifications.reasons import Reason
from notifications.rendering import Rendered

if TYPE_CHECKING:
    from notifications.letters import LetterToSend

# Seconds until another try after an error that only a person can mend, such as a wrong password. Long enough not
# to burden the provider, short enough that a mended setting still saves a text.
UNTIL_MENDED = 300.0


@dataclass
class ChannelError(Exception):
    """`code` is short and says nothing personal: a provider's error code or an exception's class name."""

    code: str

    def __str__(self) -> str:
        return self.code


@dataclass
class Permanent(ChannelError):
    """Refused for good; `reason` where the code is known to mean something to a receptionist."""

    reason: Reason | None = None


@dataclass
class Transient(ChannelError):
    """Not accepted, and worth another try; `retry_after` in seconds where the provider said."""

    retry_after: float | None = None


@dataclass
class OnceMore(ChannelError):
    """Not accepted, for what may have passed at the next try; `reason` if it has not."""

    reason: Reason


@dataclass
class Misconfigured(ChannelError):
    """Refused for what a person must mend, and so would be every other message: the channel is held until then.

    `country` if it concerns only numbers of one, as `phones.country_of` names it.
    """

    country: str = ""


@dataclass
class Lost(ChannelError):
    """No answer: accepted or not, nobody knows."""


@dataclass(frozen=True)
class Report:
    """What became of one text, in the provider's words: a status and, where there is one, an error code."""

    status: str
    error_code: int | None = None


class Lookup(Protocol):
    """Asking the provider what it accepted, and what became of it. Both raise a ChannelError."""

    def accepted(self, number: str, since: datetime) -> list[str]:
        """The provider's ids of texts to this ten-digit number accepted since then, oldest first."""

    def status(self, provider_id: str) -> Report | None:
        """What became of one text; None if the provider knows none of this id and never will."""

    def written(self, sid: str) -> datetime:
        """When a text that came to us was written, by the provider's id of it; raises a ChannelError."""


class LetterBox(Protocol):
    """One open way for letters, that serves a batch."""

    def send(self, message: "LetterToSend") -> str:
        """Hand one letter over; returns the provider's id for it."""


class Connection(Protocol):
    """One open way to a provider, that serves a batch."""

    def send(self, message: Rendered) -> str:
        """Hand one message over; returns the provider's id for it."""


_BACKENDS = {
    ("providers", Channel.EMAIL): "notifications.channels.email.open_connection",
    ("providers", Channel.TEXT): "notifications.channels.text.open_connection",
    ("outbox", Channel.EMAIL): "notifications.channels.local.open_connection",
    ("outbox", Channel.TEXT): "notifications.channels.local.open_connection",
}


_LETTERS = {
    "providers": "notifications.channels.email.open_connection",
    "outbox": "notifications.channels.local.open_letters",
}
_LOOKUPS = {
    "providers": "notifications.channels.text.open_lookup",
    "outbox": "notifications.channels.local.open_lookup",
}


def open_channel(channel: Channel) -> AbstractContextManager[Connection]:
    """The connection for this channel, as `DELIVERY` says: providers, or the local outbox."""
    connect = import_string(_BACKENDS[settings.DELIVERY, channel])
    opened: AbstractContextManager[Connection] = connect()
    return opened


def open_letters() -> AbstractContextManager[LetterBox]:
    """The connection for account mail."""
    opened: AbstractContextManager[LetterBox] = import_string(_LETTERS[settings.DELIVERY])()
    return opened


def open_lookup() -> AbstractContextManager[Lookup]:
    """A way to ask which texts the provider has."""
    opened: AbstractContextManager[Lookup] = import_string(_LOOKUPS[settings.DELIVERY])()
    return opened
