"""Numbers that replied STOP and addresses that are not written to: looked up, explained, and undone only with a reason.

A number or an address never stands in the address of a page: lookups are posted, and pages go by the row's id.
"""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.admin.lists import BoundedPaginator, ReadOnlyAdmin, SinceFilter, change_url
from accounts.models import EmailStop, EmailStopEvent, PhoneFault, TextStop, TextStopEvent, User
from notifications.admin.whereabouts import Whereabouts, of_address, of_number

LEAST_REASON = 10  # characters: more than "asked"


class LookUpNumber(forms.Form):
    number = forms.CharField(label=_("Phone number"), max_length=phones.MAX_LENGTH)

    def clean_number(self) -> str:
        number = phones.normalize(self.cleaned_data["number"])
        if not phones.is_ten_digits(number):
            raise forms.ValidationError(_("Type the ten digits of a U.S. or Canadian number."))
        return number


class LookUpAddress(forms.Form):
    address = forms.EmailField(label=_("Email address"))


class AsThePersonAsked(forms.Form):
    """Why a platform admin decides in somebody's place: only because that person asked, and it is written down."""

    why = forms.CharField(
        label=_("How the person asked"),
        help_text=_("Who asked, when and how, such as “called on Nov 3 from that phone”. Kept for good."),
        min_length=LEAST_REASON,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )
    asked = forms.BooleanField(label=_("The person whose it is asked for this"))


class LookedUpAdmin(ReadOnlyAdmin[Any]):
    """A list whose rows are looked up by what they are of, each with a page of its own that explains it."""

    change_list_template = "admin/looked_up_list.html"
    page_template = "admin/looked_up.html"
    paginator = BoundedPaginator
    show_full_result_count = False
    look_up_form: type[forms.Form]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrapped = self.admin_site.admin_view
        return [
            path("look-up/", wrapped(self.look_up), name=f"{name}_look_up"),
            path("<int:pk>/decide/", wrapped(self.decide), name=f"{name}_decide"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"look_up": self.look_up_form(), **(extra_context or {})})

    def look_up(self, request: HttpRequest) -> HttpResponse:
        """To the page of what was typed, which is made where there was none; or back, with what is wrong with it."""
        form = self.look_up_form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            (typed,) = form.cleaned_data.items()
            row, _created = self.model._default_manager.get_or_create(**{self.column: typed[1].lower()})
            return HttpResponseRedirect(change_url(self.model, row.pk))
        if request.method != "POST":
            return HttpResponseRedirect(self._list())
        return self.changelist_view(request, {"look_up": form})

    column: str

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST":
            raise PermissionDenied  # nobody edits a row; what is decided is posted to `decide`
        row = self.get_object(request, object_id)
        if row is None:
            return cast("HttpResponse", self._get_obj_does_not_exist_redirect(request, self.opts, object_id))  # type: ignore[attr-defined]  # Django's own, which the stubs leave out
        return self._page(request, row, AsThePersonAsked())

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop or resume, as the person asked; nothing is changed without the reason."""
        row = get_object_or_404(self.model, pk=pk)
        form = AsThePersonAsked(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._page(request, row, form)
        said = self.carry_out(row, act=request.POST.get("act", ""), why=form.cleaned_data["why"], by=request.user)
        if said:
            # Not everything that is decided has a history of its own, and the reason is kept for good.
            self.log_change(request, row, form.cleaned_data["why"])
            messages.success(request, said)
        else:
            messages.warning(request, gettext("Nothing was changed: it was so already."))
        return HttpResponseRedirect(change_url(self.model, row.pk))

    def carry_out(self, row: Any, *, act: str, why: str, by: Any) -> str:
        """Do what was asked; what to say of it, or nothing if it changed nothing."""
        raise NotImplementedError

    def whereabouts(self, row: Any) -> Whereabouts:
        """What the page says."""
        raise NotImplementedError

    def _page(self, request: HttpRequest, row: Any, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            "row": row,
            "about": self.whereabouts(row),
            "form": form,
            "decide": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_decide", args=[row.pk]),
        }
        return TemplateResponse(request, self.page_template, context)

    def _list(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


class InForceFilter(SinceFilter):
    title = _("stopped")
    parameter_name = "stopped"
    column = "stopped_since"
    on_words = _("Stopped")
    off_words = _("Not stopped")


@admin.register(TextStop)
class TextStopAdmin(LookedUpAdmin):
    """Opt-outs by number (T6). A STOP is the person's: here it is undone only as they asked, with the reason kept."""

    list_display = ("number", "stopped", "stopped_since")
    list_filter = (InForceFilter,)
    look_up_form = LookUpNumber
    column = "phone"

    @admin.display(description=_("number"), ordering="phone")
    def number(self, stop: TextStop) -> str:
        return phones.for_display(stop.phone)

    @admin.display(description=_("texts"), ordering="stopped_since")
    def stopped(self, stop: TextStop) -> str:
        return gettext("Stopped") if stop.stopped_since else gettext("Not stopped")

    def whereabouts(self, row: TextStop) -> Whereabouts:
        return of_number(row)

    def carry_out(self, row: TextStop, *, act: str, why: str, by: User) -> str:
        """`act` is "resume", "stop" or "believe": that the number takes texts after all."""
        how = TextStopEvent.How.ADMIN
        if act == "resume" and TextStop.objects.resume(row.phone, how=how, by=by, why=why):
            return gettext(
                "Texts to this number are on again. Twilio may still block it; then the next text is refused and the "
                "number stopped again, and only UNSTOP from that phone helps."
            )
        if act == "stop" and TextStop.objects.stop(row.phone, how=how, by=by, why=why):
            return gettext("Texts to this number are stopped, in every practice.")
        if act == "believe" and PhoneFault.objects.lift(row.phone):
            return gettext("The next text to this number is sent again.")
        return ""


@admin.register(EmailStop)
class EmailStopAdmin(LookedUpAdmin):
    """Addresses that bounce or complained (E4)."""

    list_display = ("address", "stopped", "because", "stopped_since")
    list_filter = (InForceFilter, "because")
    look_up_form = LookUpAddress
    column = "address"

    @admin.display(description=_("emails"), ordering="stopped_since")
    def stopped(self, stop: EmailStop) -> str:
        return gettext("Stopped") if stop.stopped_since else gettext("Not stopped")

    def whereabouts(self, row: EmailStop) -> Whereabouts:
        return of_address(row)

    def carry_out(self, row: EmailStop, *, act: str, why: str, by: User) -> str:
        how = EmailStopEvent.How.ADMIN
        if act == "resume" and EmailStop.objects.resume(row.address, how, by=by, why=why):
            return gettext("Emails to this address are on again. The provider may still hold it back.")
        return ""
