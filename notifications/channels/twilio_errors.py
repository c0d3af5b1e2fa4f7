"""What Twilio's error codes mean for a text: one table for refusals and for delivery reports (T8, T9, R8).

Source of each: https://www.twilio.com/docs/api/errors/<code> (`page_about`); its title there is the comment beside it.
A code that is not listed is judged by its HTTP status. What follows from each outcome: docs/decisions/0013.
"""

from dataclasses import dataclass
from enum import Enum

from accounts.models import PhoneFault, TextStop, TextStopEvent
from accounts.phones import country_of
from notifications import reasons
from notifications.channels import UNTIL_MENDED, ChannelError, Lost, Misconfigured, OnceMore, Permanent, Transient
from notifications.reasons import Reason


class Outcome(Enum):
    """What a code means, whether it is the answer to the creation or comes with a report."""

    STOPPED = "the number replied STOP: no text to it, of whatever practice"
    NUMBER = "no text reaches this number: later ones are not even tried"
    CONTENT = "never this text again, which says nothing of the number"
    ONCE_MORE = "one more try, while it is useful"
    LATER = "again and again, while it is useful"
    MISCONFIGURED = "every text is held until somebody mends the account or the settings"
    UNKNOWN = "perhaps accepted: looked up"


@dataclass(frozen=True)
class Meaning:
    """Of one code: its outcome, and what staff read once nothing more is tried.

    `by_country`: only numbers of the same country are concerned. `reported`: it comes after the acceptance, so that
    an acceptance does not show that it is mended.
    """

    outcome: Outcome
    reason: Reason
    by_country: bool = False
    reported: bool = False


def _number(reason: Reason) -> Meaning:
    return Meaning(Outcome.NUMBER, reason)


def _ours(*, by_country: bool = False, reported: bool = False) -> Meaning:
    return Meaning(Outcome.MISCONFIGURED, reasons.PLATFORM_FAULT, by_country=by_country, reported=reported)


_LATER = Meaning(Outcome.LATER, reasons.GAVE_UP)

CODES: dict[int, Meaning] = {
    21610: Meaning(Outcome.STOPPED, reasons.REPLIED_STOP),  # Attempt to send to unsubscribed recipient
    # The number.
    21211: _number(reasons.NUMBER_NOT_IN_USE),  # Invalid 'To' Phone Number
    21614: _number(reasons.NUMBER_TAKES_NO_TEXTS),  # 'To' number is not a valid mobile number
    21635: _number(reasons.NUMBER_TAKES_NO_TEXTS),  # 'To' number cannot be a landline
    30004: _number(reasons.PHONE_BLOCKS_TEXTS),  # Message blocked
    30005: _number(reasons.NUMBER_NOT_IN_USE),  # Unknown destination handset
    30006: _number(reasons.NUMBER_TAKES_NO_TEXTS),  # Landline or unreachable carrier
    # This text.
    30007: Meaning(Outcome.CONTENT, reasons.FILTERED),  # Message filtered
    30036: Meaning(Outcome.CONTENT, reasons.WAITED_TOO_LONG),  # Validity period expired
    # What may have passed at the next try.
    30003: Meaning(Outcome.ONCE_MORE, reasons.PHONE_OUT_OF_REACH),  # Unreachable destination handset
    30008: Meaning(Outcome.ONCE_MORE, reasons.NOT_DELIVERED),  # Unknown error
    # Busy.
    20429: _LATER,  # Too many requests
    20503: _LATER,  # Service unavailable
    21611: _LATER,  # This 'From' number has exceeded the maximum number of queued messages
    30001: _LATER,  # Queue overflow
    # The account and the settings: every text fails until they are mended, and none because of its number.
    10001: _ours(),  # Account is not active
    20003: _ours(),  # Authenticate: wrong SID or token
    20005: _ours(),  # Account not active
    20404: _ours(),  # Not found: the account in the address
    21212: _ours(),  # Invalid 'From' number
    21408: _ours(by_country=True),  # Permission to send an SMS has not been enabled for the region
    21603: _ours(),  # A 'From' phone number is required
    21606: _ours(),  # The 'From' number cannot send texts for this account
    21609: _ours(),  # Invalid 'StatusCallback' address: PUBLIC_URL is not reachable from outside
    21659: _ours(),  # 'From' is not a Twilio phone number or short code of this country
    21660: _ours(),  # Mismatch between the 'From' number and the account
    21701: _ours(),  # The Messaging Service does not exist
    21703: _ours(),  # The Messaging Service has no phone number
    21704: _ours(),  # The Messaging Service has no number for this country
    30002: _ours(reported=True),  # Account suspended
    30032: _ours(reported=True),  # Toll-free number has not been verified
    30034: _ours(reported=True),  # Message from an unregistered number (US A2P 10DLC)
    63038: _ours(),  # Account exceeded its daily messages limit
    90010: _ours(),  # Account is not active
    # Perhaps accepted.
    20500: Meaning(Outcome.UNKNOWN, reasons.UNCONFIRMED),  # Internal server error
}
ONCE_MORE = frozenset(str(code) for code, meaning in CODES.items() if meaning.outcome is Outcome.ONCE_MORE)


def page_about(code: str) -> str:
    """Where Twilio explains a code; nothing for what is none of its codes."""
    return f"https://www.twilio.com/docs/api/errors/{code}" if code.isdigit() and int(code) in CODES else ""


def is_reported(code: str) -> bool:
    """Whether a code comes after the acceptance of a text, which then says nothing of whether it is mended."""
    return code.isdigit() and int(code) in CODES and CODES[int(code)].reported


def error_for(code: int, status: int, retry_after: float | None, *, number: str = "") -> ChannelError:
    """The channel's error for a refusal with this code and HTTP status, of a text to this ten-digit number.

    `retry_after` is in seconds, if Twilio said.
    """
    meaning, kept = CODES.get(code), str(code)
    if status == 429 and not (meaning and meaning.outcome is Outcome.STOPPED):
        return Transient(kept, retry_after)  # whatever the code, the request was turned away at the door
    if meaning is None:
        return _by_status(kept, status, retry_after)
    match meaning.outcome:
        case Outcome.UNKNOWN:
            return Lost(kept)
        case Outcome.LATER:
            return Transient(kept, retry_after)
        case Outcome.ONCE_MORE:
            return OnceMore(kept, meaning.reason)
        case Outcome.MISCONFIGURED:
            return Misconfigured(kept, country_of(number) if meaning.by_country else "")
        case _:
            return Permanent(kept, meaning.reason)


def _by_status(kept: str, status: int, retry_after: float | None) -> ChannelError:
    """For a code that is not listed. Only a server's error leaves open whether the text was accepted."""
    if status in (408, 409, 425, 503):
        return Transient(kept, retry_after)
    if status >= 500 or status < 300:
        return Lost(kept)
    if status in (401, 402, 403):
        return Misconfigured(kept)
    # A redirect, or "no such page": about us, but not surely about every text.
    if status < 400 or status in (404, 405):
        return Transient(kept, max(UNTIL_MENDED, retry_after or 0))
    return Permanent(kept)


def keep_what_it_says(code: int | None, number: str) -> None:
    """Keep what a code says of the ten-digit number itself, whatever the text: a STOP, or that it takes none (T8)."""
    meaning = CODES.get(code or 0)
    if meaning is None or not number:
        return
    if meaning.outcome is Outcome.STOPPED:
        TextStop.objects.stop(number, how=TextStopEvent.How.REFUSED)
    elif meaning.outcome is Outcome.NUMBER:
        PhoneFault.objects.note(number, reason=meaning.reason.code, code=str(code))


def reason_for(code: int | None, *, never_sent: bool) -> Reason:
    """Why a text that Twilio accepted did not arrive, for the record; `never_sent` if it did not even leave Twilio."""
    if meaning := CODES.get(code or 0):
        return meaning.reason
    return reasons.NOT_TAKEN_ON if never_sent else reasons.NOT_DELIVERED
