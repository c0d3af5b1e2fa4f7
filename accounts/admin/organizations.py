"""Practices, and their features as checkboxes right in the list (O1)."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import PROTECT, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.admin.features import COLUMNS, FeatureForm, FeatureRow, by_choice, chosen, column, turn_features
from accounts.admin.generics import ModelAdmin, ModelForm
from accounts.admin.lists import SelectFilter, list_url
from accounts.features import Feature
from accounts.models import Client, Login, Organization, User


class CountryFilter(SelectFilter):
    """By country, of those where there is a practice."""

    title = _("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        codes = Organization.objects.order_by().values_list("country", flat=True).distinct()
        return sorted(((str(code), countries.name(str(code))) for code in codes), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(country=self.value()) if self.value() else queryset


class OrganizationForm(FeatureForm):
    """The organization's own page: address, plan, features. The model's `clean` checks the address."""

    class Meta(FeatureForm.Meta):
        fields = (
            "name",
            "slug",
            "street",
            "street2",
            "city",
            "region",
            "postal_code",
            "country",
            "time_zone",
            "phone",
            "reply_to",
            "plan",
            "staff_second_factor",
        )


class OrganizationAdmin(ModelAdmin[Organization]):
    form = OrganizationForm
    list_display = ("name", *COLUMNS, "country", "plan")
    list_filter = (CountryFilter, "plan")
    search_fields = ("name", "slug", "city", "phone", "reply_to")
    # Every row sends two fields per feature and its id; Django takes 1,000 fields at most.
    list_per_page = list_max_show_all = 50
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("created_at", "people")
    fieldsets = (
        (None, {"fields": ("name", "slug", "plan", "people", "created_at")}),
        (_("Features"), {"fields": COLUMNS, "description": _("Preferences survive a feature being turned off.")}),
        (_("Address"), {"fields": ("street", "street2", "city", "region", "postal_code", "country", "time_zone")}),
        (_("Contact"), {"fields": ("phone", "reply_to")}),
        (_("Signing in"), {"fields": ("staff_second_factor",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        return super().get_queryset(request).prefetch_related("toggles")

    @admin.display(description=_("people"))
    def people(self, organization: Organization) -> SafeString | str:
        if organization._state.adding:
            return "-"
        return format_html(
            '<a href="{}">{}</a> · <a href="{}">{}</a>',
            list_url(Login, organization=organization.pk),
            gettext("Logins"),
            list_url(Client, organization=organization.pk),
            gettext("Clients"),
        )

    # The list: checkboxes that are no columns of the table, so Django's own `list_editable` cannot name them.

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        if not changelist.is_popup:
            changelist.list_editable = COLUMNS
        return changelist

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ModelForm[Organization]]:
        return FeatureForm

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse | HttpResponse:
        if request.method == "POST" and "_save" in request.POST:
            return self._save_list(request)
        return super().changelist_view(request, extra_context)

    def _save_list(self, request: HttpRequest) -> HttpResponseRedirect:
        """Save the checkboxes that were changed, in a number of queries that does not grow with the rows."""
        rows = forms.formset_factory(FeatureRow, extra=0)(request.POST)
        if rows.is_valid():
            changes = [
                (row.cleaned_data["id"], feature, on)
                for row in rows.forms
                if "id" in row.cleaned_data
                for feature, on in chosen(row)
            ]
            # One that was deleted while the list stood open is passed over.
            known = set(
                Organization.objects.filter(pk__in={pk for pk, _feature, _on in changes}).values_list("pk", flat=True)
            )
            self._turn(request, by_choice(change for change in changes if change[0] in known))
        else:
            self.message_user(request, gettext("The list could not be read. Nothing was changed."), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if self.has_change_permission(request):
            for feature in Feature:
                for on in (True, False):
                    words = (
                        _("Turn %(feature)s on for the selected") if on else _("Turn %(feature)s off for the selected")
                    )
                    name = f"turn_{feature.value}_{'on' if on else 'off'}"
                    actions[name] = (_turning(feature, on=on), name, str(words) % {"feature": feature.label})
        return actions

    def _turn(self, request: HttpRequest, choices: dict[tuple[Feature, bool], list[int]]) -> None:
        by = request.user
        if not isinstance(by, User):
            raise TypeError("Only a signed-in user turns features on and off.")
        for (feature, on), count in turn_features(choices, by=by).items():
            if not count:
                already = gettext("%(feature)s was on already.") if on else gettext("%(feature)s was off already.")
                self.message_user(request, already % {"feature": feature.label}, messages.INFO)
                continue
            words = (
                ngettext(
                    "%(feature)s is now on for %(count)d practice.",
                    "%(feature)s is now on for %(count)d practices.",
                    count,
                )
                if on
                else ngettext(
                    "%(feature)s is now off for %(count)d practice.",
                    "%(feature)s is now off for %(count)d practices.",
                    count,
                )
            )
            self.message_user(request, words % {"feature": feature.label, "count": count})

    # The page

    def save_related(
        self, request: HttpRequest, form: ModelForm[Organization], formsets: Iterable[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        changes = [(form.instance.pk, feature, on) for feature, on in chosen(form)]
        # The page's own entry in the history names the checkboxes that were changed.
        turn_features(by_choice(changes), by=request.user, log=False)  # type: ignore[arg-type]  # signed in: a User

    def get_deleted_objects(
        self, objs: Iterable[Organization], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What deleting would take along. A practice with people or appointments is refused, in one line each.

        Django's own way lists every row, which for a practice of some years is a page of a hundred thousand lines.
        """
        protected = [words for organization in objs for words in _what_protects(organization)]
        if protected:
            return [], {}, set(), protected
        return super().get_deleted_objects(objs, request)  # type: ignore[arg-type]  # any iterable


def _what_protects(organization: Organization) -> list[str]:
    """Everything that must not vanish with the organization, such as "Logins: 12"."""
    found = []
    for relation in Organization._meta.related_objects:
        model = relation.related_model
        if relation.on_delete is not PROTECT or isinstance(model, str):
            continue
        if count := model._base_manager.filter(**{relation.field.name: organization}).count():
            found.append(f"{capfirst(model._meta.verbose_name_plural)}: {count}")
    return found


def _turning(feature: Feature, *, on: bool) -> Callable[..., Any]:
    def turn(admin_of: OrganizationAdmin, request: HttpRequest, queryset: QuerySet[Organization]) -> None:
        admin_of._turn(request, {(feature, on): list(queryset.values_list("pk", flat=True))})

    return turn


def _shown(feature: Feature) -> Callable[[OrganizationAdmin, Organization], bool]:
    """The column as a mark, for when the list is not a form: to choose from, in a pop-up."""

    @admin.display(description=feature.label, boolean=True)
    def is_on(admin_of: OrganizationAdmin, organization: Organization) -> bool:
        return any(toggle.feature == feature and toggle.on_since for toggle in organization.toggles.all())

    return is_on


for _feature in Feature:
    setattr(OrganizationAdmin, column(_feature), _shown(_feature))
