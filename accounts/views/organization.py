"""The practice's own settings, for organization admins."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, staff_page
from accounts.features import Feature
from accounts.forms.organization import OrganizationForm
from accounts.models import Organization
from accounts.texting import texts_at_all
from pages.forms import posted


@staff_page(needs="is_organization_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: MemberRequest) -> HttpResponse:
    """Name, address and contact as a form; plan and features to look at. A feature that is off is not named (O2)."""
    # Its own copy: the page around the form goes on showing what is kept, whatever was typed.
    kept = Organization.objects.get(pk=request.login.organization_id)
    form = OrganizationForm(posted(request), instance=kept)
    if form.is_valid():
        saved = form.save()
        messages.success(request, _("The settings are saved."))
        if "country" in form.changed_data and not texts_at_all(saved):
            messages.warning(request, _("No texts are sent any more: the practice is not in the U.S. or Canada."))
        return redirect("organization")
    features = [feature for feature in Feature if feature in request.features]
    return render(request, "accounts/organization.html", {"form": form, "features": features})
