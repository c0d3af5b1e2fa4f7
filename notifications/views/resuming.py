"""Having emails again at one's own address, after it bounced, complained or unsubscribed (P6, E4)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.models import User
from notifications.resuming import Answer, consequence_of, resume_emails
from pages.confirm import ask


@member_page()
@require_http_methods(["GET", "HEAD", "POST"])
def emails_again(request: MemberRequest) -> HttpResponse:
    """Asks first; a POST lifts the halt of the address that one signs in with, at most once a day if it bounced."""
    back = f"{reverse('my_account')}#preferences"
    if not isinstance(request.user, User):
        return redirect(back)
    address = request.user.email
    consequence = consequence_of(address)
    if request.method != "POST" and consequence:
        return ask(
            request,
            question=_("Send you emails again?"),
            consequence=consequence,
            yes=_("Send me emails again"),
            back=back,
            danger=False,
        )
    if request.method == "POST":
        answer = resume_emails(request.user)
        say = messages.success if answer is Answer.DONE else messages.info
        say(request, str(answer.value))
    return redirect(back)
