"""What Twilio's error codes mean for a text: one table for refusals and for delivery reports.

Source of each: https://www.twilio.com/docs/api/errors/<code>. A code that is not listed is judged by its HTTP status.
"""

from dataclasses import dataclass
from enum import Enum

from notifications import reasons
from notifications.channels import UNTIL_MENDED, ChannelError, Lost, Permanent, Transient
from notifications.reasons import Reason


class Outcome(Enum):
    """What a refusal with a code means."""

    STOPPED = "the number replied STOP"
    FOR_GOOD = "never this text to this number"
    LATER = "not accepted now"
    MISCONFIGURED = "not accepted until somebody mends the account or the settings"
    UNKNOWN = "perhaps accepted"


@dataclass(frozen=True)
class Meaning:
    """Of one code: what a refusal with it means, and what a report that ends with it tells staff."""

    outcome: Outcome
    reason: Reason = reasons.NOT_TAKEN_ON


_STOPPED, _FOR_GOOD, _LATER, _MISCONFIGURED = (
    Outcome.STOPPED,
    Outcome.FOR_GOOD,
    Outcome.LATER,
    Outcome.MISCONFIGURED,
)

CODES: dict[int, Meaning] = {
    21610: Meaning(_STOPPED, reasons.REPLIED_STOP),  # Attempt to send to unsubscribed recipient
    # The number.
    21211: Meaning(_FOR_GOOD, reasons.NUMBER_NOT_IN_USE),  # Invalid 'To' phone number
    21614: Meaning(_FOR_GOOD, reasons.NUMBER_TAKES_NO_TEXTS),  # 'To' number is not a valid mobile number
    21635: Meaning(_FOR_GOOD, reasons.NUMBER_TAKES_NO_TEXTS),  # 'To' number cannot be a landline
    30003: Meaning(_FOR_GOOD, reasons.PHONE_OUT_OF_REACH),  # Unreachable destination handset
    30004: Meaning(_FOR_GOOD, reasons.PHONE_BLOCKS_TEXTS),  # Message blocked
    30005: Meaning(_FOR_GOOD, reasons.NUMBER_NOT_IN_USE),  # Unknown destination handset
    30006: Meaning(_FOR_GOOD, reasons.NUMBER_TAKES_NO_TEXTS),  # Landline or unreachable carrier
    30007: Meaning(_FOR_GOOD, reasons.FILTERED),  # Message filtered
    30008: Meaning(_FOR_GOOD, reasons.NOT_DELIVERED),  # Unknown error, reported by the carrier
    30036: Meaning(_FOR_GOOD, reasons.WAITED_TOO_LONG),  # Validity period expired
    # Busy.
    20429: Meaning(_LATER),  # Too many requests
    20503: Meaning(_LATER),  # Service unavailable
    21611: Meaning(_LATER),  # This 'From' number has exceeded the maximum number of queued messages
    30001: Meaning(_LATER),  # Queue overflow
    # The account and the settings: every text fails until they are mended, and none because of its number.
    10001: Meaning(_MISCONFIGURED),  # Account is not active
    20003: Meaning(_MISCONFIGURED),  # Authenticate: wrong SID or token
    20005: Meaning(_MISCONFIGURED),  # Account not active
    20404: Meaning(_MISCONFIGURED),  # Not found: the account in the address
    21212: Meaning(_MISCONFIGURED),  # Invalid 'From' number
    21408: Meaning(_MISCONFIGURED),  # Permission to send has not been enabled for the region
    21603: Meaning(_MISCONFIGURED),  # A 'From' phone number is required
    21606: Meaning(_MISCONFIGURED),  # The 'From' number cannot send texts for this account
    21609: Meaning(_MISCONFIGURED),  # Invalid 'StatusCallback' address: PUBLIC_URL is not reachable from outside
    21659: Meaning(_MISCONFIGURED),  # 'From' is not a Twilio phone number or short code of this country
    21660: Meaning(_MISCONFIGURED),  # Mismatch between the 'From' number and the account
    21701: Meaning(_MISCONFIGURED),  # The Messaging Service does not exist
    21703: Meaning(_MISCONFIGURED),  # The Messaging Service has no phone number
    21704: Meaning(_MISCONFIGURED),  # The Messaging Service has no number for this country
    30002: Meaning(_MISCONFIGURED),  # Account suspended
    30032: Meaning(_MISCONFIGURED),  # Toll-free number has not been verified
    30034: Meaning(_MISCONFIGURED),  # Number is not registered for US A2P 10DLC
    63038: Meaning(_MISCONFIGURED),  # Account exceeded its daily messages limit
    90010: Meaning(_MISCONFIGURED),  # Account is not active
    # Perhaps accepted.
    20500: Meaning(Outcome.UNKNOWN),  # Internal server error
}


def _by_status(status: int) -> Outcome:
    """For a code that is not listed. Only a server's error leaves open whether the text was accepted."""
    if status in (408, 409, 425, 429, 503):
        return Outcome.LATER
    if status >= 500 or status < 300:
        return Outcome.UNKNOWN
    # A redirect, or "you may not", "no such account": about us, not about the text.
    return Outcome.MISCONFIGURED if status < 400 or status in (401, 402, 403, 404, 405) else Outcome.FOR_GOOD


def error_for(code: int, status: int, retry_after: float | None) -> ChannelError:
    """The channel's error for a refusal with this code and HTTP status; `retry_after` in seconds if Twilio said."""
    meaning = CODES.get(code)
    outcome = meaning.outcome if meaning else _by_status(status)
    if status == 429 and outcome is not Outcome.STOPPED:
        outcome = Outcome.LATER  # whatever the code, the request was turned away at the door
    kept = str(code)
    if outcome is Outcome.UNKNOWN:
        return Lost(kept)
    if outcome is Outcome.LATER:
        return Transient(kept, retry_after)
    if outcome is Outcome.MISCONFIGURED:
        return Transient(kept, max(UNTIL_MENDED, retry_after or 0))
    return Permanent(kept, meaning.reason if meaning else None)


def reason_for(code: int | None, *, never_sent: bool) -> Reason:
    """Why a text that Twilio accepted did not arrive, for the record; `never_sent` if it did not even leave Twilio."""
    meaning = CODES.get(code or 0)
    if meaning and meaning.outcome in (Outcome.STOPPED, Outcome.FOR_GOOD):
        return meaning.reason
    return reasons.NOT_TAKEN_ON if never_sent else reasons.NOT_DELIVERED
