"""One email, or one letter about a sign-in, with its headers and in each of its forms."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.features import Channel
from accounts.models import Login
from notifications.models import OutboxLetter, OutboxMessage
from notifications.outbox.page import outbox_page

FORMS = ("html", "text", "calendar")

# An email in its frame: its own inline styles and nothing else, no scripts; its links open outside.
EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@outbox_page()
def email(request: HttpRequest, pk: int) -> HttpResponse:
    """One email with its headers, in one of its forms: `?form=html`, `text` or `calendar`."""
    message = get_object_or_404(OutboxMessage.objects.by(Channel.EMAIL).listed(), pk=pk)
    form = request.GET.get("form", "")
    return render(request, "outbox/email.html", {"message": message, "form": form if form in FORMS else FORMS[0]})


@outbox_page()
def email_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of one email alone, for the frame."""
    html = get_object_or_404(OutboxMessage.objects.by(Channel.EMAIL), pk=pk).html
    return HttpResponse(html, headers={"Content-Security-Policy": EMAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"})


@outbox_page()
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter about a sign-in with its headers, in one of its forms: `?form=html` or `text`."""
    message = get_object_or_404(OutboxLetter, pk=pk)
    form = request.GET.get("form", "")
    people = list(Login.objects.filter(user__email=message.recipient).select_related("organization").order_by("pk"))
    context = {"message": message, "form": form if form in FORMS[:2] else FORMS[0], "people": people}
    return render(request, "outbox/letter.html", context)


@outbox_page()
def letter_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of one letter alone, for the frame."""
    html = get_object_or_404(OutboxLetter, pk=pk).html
    return HttpResponse(html, headers={"Content-Security-Policy": EMAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"})


@outbox_page()
def email_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The calendar file of one email, for a calendar to open."""
    message = get_object_or_404(OutboxMessage.objects.by(Channel.EMAIL).exclude(calendar=""), pk=pk)
    named = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return HttpResponse(message.calendar, content_type="text/calendar; charset=utf-8", headers=named)
