"""The way of a staff login: invited, perhaps at a wrong address, activated, deactivated, reactivated."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, staff_page
from accounts.actions import deactivate_staff
from accounts.forms.invitations import AddressForm
from accounts.models import Login
from accounts.views.invited import resend, say_where_it_went
from pages.confirm import ask
from pages.forms import posted


@staff_page(needs="is_organization_admin")
@require_POST
def staff_resend(request: MemberRequest, pk: int) -> HttpResponse:
    resend(request, get_object_or_404(Login.objects.staff().select_related("user", "organization"), pk=pk))
    return redirect("staff_member", pk)


@staff_page(needs="is_organization_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_email(request: MemberRequest, pk: int) -> HttpResponse:
    """Correct the address while nobody has accepted the invitation (S4)."""
    shown = get_object_or_404(Login.objects.staff().select_related("user"), pk=pk)
    if shown.activated_at:
        raise PermissionDenied
    form = AddressForm(posted(request), initial={"email": shown.user.email})
    if form.is_valid() and form.correct(shown, by=request.login):
        say_where_it_went(request, shown)
        return redirect("staff_member", pk)
    return render(request, "accounts/staff_email.html", {"form": form, "shown": shown})


@staff_page(needs="is_organization_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_deactivate(request: MemberRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Login.objects.staff(), pk=pk)
    if request.method != "POST":
        return ask(
            request,
            question=_("Deactivate %(name)s?") % {"name": shown.name},
            consequence=_(
                "They cannot sign in here any more and are told nothing. What they did stays on record, and you can "
                "reactivate them at any time."
            ),
            yes=_("Deactivate"),
            back=reverse("staff_member", args=[pk]),
        )
    try:
        if deactivate_staff(shown, by=request.login):
            messages.success(request, _("%(name)s is deactivated.") % {"name": shown.name})
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("staff_member", pk)


@staff_page(needs="is_organization_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_reactivate(request: MemberRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Login.objects.staff(), pk=pk)
    if request.method != "POST":
        return ask(
            request,
            question=_("Reactivate %(name)s?") % {"name": shown.name},
            consequence=_("From now on they can sign in again, with the permissions they had."),
            yes=_("Reactivate"),
            back=reverse("staff_member", args=[pk]),
            danger=False,
        )
    if shown.reactivate():
        messages.success(request, _("%(name)s is active again.") % {"name": shown.name})
    return redirect("staff_member", pk)
