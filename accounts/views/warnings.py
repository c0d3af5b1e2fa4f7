"""What people should know about something that was saved all the same."""

from django.contrib import messages
from django.forms import BaseForm
from django.utils.html import format_html

from accounts import phones
from accounts.access import MemberRequest
from accounts.models import Login
from accounts.texting import phone_warning, sharing_warning


def warn_about_phone(request: MemberRequest, login: Login, *, if_changed: BaseForm) -> None:
    """Say so if the phone that this form saved is never texted (T1 to T3), or is somebody else's as well (T6)."""
    if "phone" not in if_changed.changed_data:
        return
    never = phone_warning(login.phone, request.login.organization)
    if words := never or sharing_warning(login, request.login):
        messages.warning(request, format_html("{}: {}", phones.for_display(login.phone), words))
