"""Who would be in two places at once: told before booking, not forbidden."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db.models import Q

from accounts.models import Client, Login
from scheduling.actions import Span
from scheduling.models import MOST_MINUTES, Appointment


def overlapping(
    spans: Sequence[Span], *, staff: Login, client: Client, reader: Login, leaving_out: Collection[int] = ()
) -> list[Appointment]:
    """Scheduled appointments of this staff login or this client that share time with any of the spans.

    Only those that `reader` may see: where else a client goes is not told by trying out times (S3).

    One query. An appointment that ends as another starts shares none. `leaving_out` are ids: the ones that move.
    """
    if not spans:
        return []
    near = Q()
    for start, end in spans:
        # How long each takes is asked below; the index knows where it starts.
        near |= Q(starts_at__gt=start - timedelta(minutes=MOST_MINUTES), starts_at__lt=end)
    candidates = Appointment.objects.visible_to(reader).scheduled().filter(near, Q(staff=staff) | Q(client=client))
    return [
        one
        for one in candidates.exclude(pk__in=leaving_out).on_pages().order_by("starts_at", "pk")
        if any(one.starts_at < end and start < one.ends_at for start, end in spans)
    ]


def mark_of(found: Sequence[Appointment]) -> str:
    """Names this very list of overlaps: "book anyway" goes through for what was read, not for what came since."""
    return ",".join(f"{one.pk}.{one.sequence}" for one in found)
