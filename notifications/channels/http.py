"""What an HTTP exchange with a provider says about whether a message was accepted."""

import ssl
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

import requests
import urllib3
from django.utils import timezone

LONGEST_WAIT = 24 * 3600.0  # seconds; no notice is useful for longer

# Each means that no connection was made, so no request left. urllib3 names the stage; requests hides it.
_BEFORE_THE_REQUEST = (
    requests.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ProxyError,
    ssl.SSLCertVerificationError,
)


def never_left(error: BaseException) -> bool:
    """Whether an error of requests proves that the request was not sent. False: it may have been."""
    return any(isinstance(one, _BEFORE_THE_REQUEST) for one in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those it wraps, in whichever way: as cause, context, argument or `reason`."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        wrapped = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [each for each in wrapped if isinstance(each, BaseException)]


def seconds_of(retry_after: str | None) -> float | None:
    """Seconds from now that a Retry-After header asks for: a number or a date (RFC 9110, 10.2.3), at most a day.

    None for a header that is missing or says neither.
    """
    value = (retry_after or "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)  # HTTP's dates are in GMT
    return min(max((moment - timezone.now()).total_seconds(), 0.0), LONGEST_WAIT)
