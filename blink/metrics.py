"""`/metrics`: what whoever runs Blink is to be told of by their monitoring, in Prometheus's text format.

    blink_channel_held{channel,country,code}       1 while nothing is sent because of our account or settings
    blink_due_unsent{channel}                      due, and not yet sent, given up or skipped
    blink_oldest_due_seconds{channel}              how long the oldest of these has been due
    blink_notifications_failed{channel,reason}     failed or not delivered, of attempts in the last hour

Asked of the database at each scrape, so every process gives the same answer. Nothing of any practice or person is in
it. Only with the bearer token of METRICS_TOKEN; without that setting there is no such page. It answers to any Host
header and without TLS, as `/healthz` does: Prometheus asks by address.
"""

import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications.models import Hold, Notification
from notifications.models.ledger import Outcome

PATH = "/metrics"
FAILED_WITHIN = timedelta(hours=1)
# What is attempted now fell due at most so long ago, but for what was held or asked to wait for longer. It bounds the
# rows that are read.
DUE_WITHIN = timedelta(days=2)
Handler = Callable[[HttpRequest], HttpResponse]


class Ledger(Collector):
    """What the ledger and the holds say now; each question has its partial index."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with everywhere("metrics count over every organization"):
            yield _held()
            yield from _due()
            yield _failed()


def _held() -> GaugeMetricFamily:
    held = GaugeMetricFamily(
        "blink_channel_held", "Nothing is sent: the provider refuses all.", labels=["channel", "country", "code"]
    )
    for hold in Hold.objects.in_force():
        held.add_metric([hold.channel, hold.country, hold.code], 1)
    return held


def _due() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    now = timezone.now()
    rows = Notification.objects.unfinished().filter(due_at__lte=now).order_by()
    by_channel = {
        channel: (count, oldest)
        for channel, count, oldest in rows.values_list("channel").annotate(Count("pk"), Min("due_at"))
    }
    unsent = GaugeMetricFamily("blink_due_unsent", "Due, and not ended in any way.", labels=["channel"])
    oldest_due = GaugeMetricFamily("blink_oldest_due_seconds", "Since the oldest fell due.", labels=["channel"])
    for channel in Channel:
        count, oldest = by_channel.get(channel, (0, now))
        unsent.add_metric([channel], count)
        oldest_due.add_metric([channel], (now - oldest).total_seconds())
    return unsent, oldest_due


def _failed() -> GaugeMetricFamily:
    now = timezone.now()
    failed = GaugeMetricFamily(
        "blink_notifications_failed",
        "Failed or not delivered, of what was attempted in the last hour.",
        labels=["channel", "reason"],
    )
    rows = Notification.objects.that_became(Outcome.TROUBLE).filter(
        due_at__gte=now - DUE_WITHIN, attempted_at__gte=now - FAILED_WITHIN
    )
    for channel, reason, count in rows.order_by().values_list("channel", "reason").annotate(Count("pk")):
        failed.add_metric([channel, reason], count)
    return failed


REGISTRY = CollectorRegistry()
REGISTRY.register(Ledger())


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """404 where no token is set, 403 for whoever has another."""
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404)
    given = request.headers.get("Authorization", "")
    # Compared as bytes: headers may hold what is not ASCII.
    if not hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=403)
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def metrics_first(get_response: Handler) -> Handler:
    """Middleware, beside `health_first`: answers `/metrics` before anything looks at hosts, TLS or sessions."""

    def handle(request: HttpRequest) -> HttpResponse:
        return metrics(request) if request.path_info == PATH else get_response(request)

    return handle
