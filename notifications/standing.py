"""What is known of addresses and numbers themselves, in bulk: STOPs, bounces, numbers that take no texts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import EmailStop, PhoneFault, TextStop
from notifications import reasons
from notifications.reasons import Reason, Skip

_BECAUSE: Mapping[str, Reason] = {
    EmailStop.Because.BOUNCED: reasons.EMAIL_BOUNCED,
    EmailStop.Because.COMPLAINED: reasons.EMAIL_COMPLAINED,
    EmailStop.Because.UNSUBSCRIBED: reasons.EMAIL_UNSUBSCRIBED,
}


@dataclass(frozen=True)
class Standing:
    """Of some numbers and addresses: which replied STOP, which take no texts, and which are not written to."""

    stopped: frozenset[str] = frozenset()
    phone_faults: Mapping[str, Skip] = field(default_factory=dict)
    email_stops: Mapping[str, Skip] = field(default_factory=dict)


def standing_of(*, numbers: Iterable[str] = (), addresses: Iterable[str] = (), now: datetime | None = None) -> Standing:
    """What is known of these ten-digit numbers (two queries) and lower-case addresses (one); none for neither."""
    numbers, addresses = set(numbers) - {""}, set(addresses) - {""}
    stopped, faults, email_stops = frozenset[str](), {}, {}
    if numbers:
        stopped = frozenset(TextStop.objects.in_force().filter(phone__in=numbers).values_list("phone", flat=True))
        faults = {
            fault.phone: fault_of(fault.reason, fault.code)
            for fault in PhoneFault.objects.in_force(now).filter(phone__in=numbers)
        }
    if addresses:
        email_stops = {
            stop.address: Skip(_BECAUSE[stop.because])
            for stop in EmailStop.objects.in_force().filter(address__in=addresses)
        }
    return Standing(stopped, faults, email_stops)


def fault_of(reason: str, code: str) -> Skip:
    """Why a number is not texted, by what `PhoneFault` keeps of it."""
    return Skip(Reason.known.get(reason, reasons.REFUSED), code)
