"""A client's care: who serves them, the end of it, and its resumption. For user admins."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, staff_page
from accounts.forms.clients import StaffOfClientForm
from accounts.models import Client
from pages.confirm import ask
from pages.forms import posted


@staff_page(needs="is_user_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def client_staff(request: MemberRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    form = StaffOfClientForm(posted(request), client=client)
    if form.is_valid():
        form.link(client)
        messages.success(request, _("Who serves %(name)s is saved.") % {"name": client.name})
        return redirect("client", pk)
    return render(request, "accounts/client_staff.html", {"form": form, "client": client})


@staff_page(needs="is_user_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def client_discharge(request: MemberRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    if request.method != "POST":
        return ask(
            request,
            question=_("Discharge %(name)s?") % {"name": client.name},
            consequence=_(
                "From then on nothing more is sent about them: reminders and notices that are waiting stop. "
                "Everything on record stays, and you can readmit them at any time."
            ),
            yes=_("Discharge"),
            back=reverse("client", args=[pk]),
        )
    if client.discharge():
        messages.success(request, _("%(name)s is discharged.") % {"name": client.name})
    return redirect("client", pk)


@staff_page(needs="is_user_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def client_readmit(request: MemberRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects.visible_to(request.login), pk=pk)
    if request.method != "POST":
        return ask(
            request,
            question=_("Readmit %(name)s?") % {"name": client.name},
            consequence=_("From now on the people who sign in for them are reminded and told again."),
            yes=_("Readmit"),
            back=reverse("client", args=[pk]),
            danger=False,
        )
    if client.readmit():
        messages.success(request, _("%(name)s is in care again.") % {"name": client.name})
    return redirect("client", pk)
