"""My Account, for everybody (P3, P5)."""

from copy import copy

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.forms.base import OwnDetailsForm
from accounts.views.warnings import warn_about_phone
from pages.forms import posted


@member_page()
@require_http_methods(["GET", "HEAD", "POST"])
def my_account(request: MemberRequest) -> HttpResponse:
    # A copy: the page around the form goes on showing what is kept, whatever was typed.
    form = OwnDetailsForm(posted(request), instance=copy(request.login), organization=request.login.organization)
    if form.is_valid():
        login = form.save()
        with translation.override(login.language):
            messages.success(request, _("Your details are saved."))
            warn_about_phone(request, login, if_changed=form)
        return redirect("my_account")
    return render(request, "accounts/my_account.html", {"form": form})
