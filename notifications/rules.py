"""Whether a login is told, by one channel: frozen facts in, a decision out, no input or output.

The sender, the forecast, the preference form's hints and the record all use `decide`.
The order of the lines is the order of the rules; the first that matches wins and is kept.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.addresses import TEXTABLE_COUNTRIES
from accounts.features import Channel
from accounts.phones import digits, is_ten_digits, is_us_or_canada
from notifications import reasons
from notifications.reasons import Decision, Reason, Send, Skip


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a decision rests on. Each "since" is a moment in UTC, or None while the thing is off.

    `decided_at` is the moment the notice is about: when a reminder fell due, when a message was written.
    """

    channel: Channel
    now: datetime
    decided_at: datetime
    useful_until: datetime
    feature_since: datetime | None
    login_since: datetime | None
    preference_since: datetime | None
    about_client: bool
    client_since: datetime | None
    linked_since: datetime | None
    objection: Skip | None
    email: str
    email_stop: Skip | None
    country: str
    phone: str
    stopped: bool
    phone_fault: Skip | None


def decide(facts: Facts) -> Decision:
    """Send, or skip with the one reason that is kept and shown to staff (R1, R3, R8, R9, N5, T1 to T3, T6)."""
    return (
        _on_then_and_now(facts, facts.feature_since, reasons.FEATURE_OFF, reasons.FEATURE_ON_LATER)
        or _on_then_and_now(facts, facts.login_since, reasons.LOGIN_INACTIVE, reasons.LOGIN_ACTIVE_LATER)
        or _client(facts)
        or _on_then_and_now(facts, facts.preference_since, reasons.PREFERENCE_OFF, reasons.PREFERENCE_ON_LATER)
        or facts.objection
        or (Skip(reasons.TOO_LATE) if facts.now > facts.useful_until else None)
        or reachable(
            channel=facts.channel,
            email=facts.email,
            email_stop=facts.email_stop,
            country=facts.country,
            phone=facts.phone,
            stopped=facts.stopped,
            phone_fault=facts.phone_fault,
        )
    )


def reachable(
    *,
    channel: Channel,
    email: str,
    email_stop: Skip | None,
    country: str,
    phone: str,
    stopped: bool,
    phone_fault: Skip | None,
) -> Decision:
    """Whether the channel could reach the login at all: also the truth beside a preference (P6).

    `email_stop` and `phone_fault` are what providers told us of the address and of the number (E4, T8).
    """
    if channel == Channel.EMAIL:
        return (email_stop or Send()) if email else Skip(reasons.NO_EMAIL)
    number = digits(phone)
    if country not in TEXTABLE_COUNTRIES:
        return Skip(reasons.PRACTICE_OUTSIDE_US_CANADA)
    if not number:
        return Skip(reasons.NO_PHONE)
    if len(number) != 10:
        return Skip(reasons.PHONE_NOT_TEN_DIGITS, str(len(number)))
    # Ten digits after another country's + are ten digits of that country.
    if not is_ten_digits(phone) or not is_us_or_canada(number):
        return Skip(reasons.PHONE_OUTSIDE_US_CANADA)
    if stopped:
        return Skip(reasons.REPLIED_STOP)
    return phone_fault or Send()


def _client(facts: Facts) -> Skip | None:
    if not facts.about_client:
        return None
    return _on_then_and_now(
        facts, facts.client_since, reasons.CLIENT_DISCHARGED, reasons.CLIENT_ACTIVE_LATER
    ) or _on_then_and_now(facts, facts.linked_since, reasons.NOT_LINKED, reasons.LINKED_LATER)


def _on_then_and_now(facts: Facts, since: datetime | None, off: Reason, later: Reason) -> Skip | None:
    """R9: what is off now stops it; what was turned on after the moment changes nothing about it (O5)."""
    if since is None:
        return Skip(off)
    return Skip(later) if since > facts.decided_at else None
