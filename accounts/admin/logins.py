"""Logins: a person's place in one practice, with their clients and their preferences.

Registered in `notifications.admin`, which knows whether a login can be reached.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.admin.generics import BaseInlineFormSet, ModelForm, TabularInline
from accounts.admin.lists import ActiveFilter, OrganizationFilter, PhoneSearch, SinceFilter, linked
from accounts.admin.people import ReadOnlyInline, carry_out
from accounts.features import Channel
from accounts.models import Client, ClientLink, FeatureToggle, Login, Preference, PreferenceChange, User


class ActivatedFilter(SinceFilter):
    title = _("activated")
    parameter_name = "activated"
    column = "activated_at"
    on_words = _("Activated")
    off_words = _("Not activated yet")


class PreferenceForm(ModelForm[Preference]):
    """Email and text for one feature, as plain checkboxes. Saving goes by `Preference.choose` (P7).

    Each checkbox carries what it showed at first, so saving a page that has stood open does not undo what the
    person chose meanwhile.
    """

    email = forms.BooleanField(label=Channel.EMAIL.label, required=False, show_hidden_initial=True)
    text = forms.BooleanField(label=Channel.TEXT.label, required=False, show_hidden_initial=True)

    class Meta:
        model = Preference
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for channel in Channel:
            self.initial.setdefault(channel.value, self.instance.since(channel) is not None)


class PreferencesOfLogin(TabularInline[Preference, Login]):
    """One row per feature that the practice has on (O2)."""

    model = Preference
    form = PreferenceForm
    fields = ("what", "email", "text", "email_since", "text_since")
    readonly_fields = ("what", "email_since", "text_since")
    extra = 0
    can_delete = False
    verbose_name_plural = _("preferences")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preference]:
        on = FeatureToggle.objects.on().filter(organization=OuterRef("organization"), feature=OuterRef("feature"))
        return super().get_queryset(request).filter(Exists(on)).order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("feature"))
    def what(self, preference: Preference) -> str:
        return preference.get_feature_display()


class ClientsOfLogin(TabularInline[ClientLink, Login]):
    """Linked clients: linked and unlinked, never changed in place, since a link's age counts (R9)."""

    model = ClientLink
    fields = ("client", "linked_since")
    readonly_fields = ("linked_since",)
    extra = 1
    verbose_name = _("linked client")
    verbose_name_plural = _("linked clients")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClientLink]:
        return super().get_queryset(request).select_related("client").order_by("pk")

    def get_formset(
        self, request: HttpRequest, obj: Login | None = None, **kwargs: Any
    ) -> type[BaseInlineFormSet[ClientLink, Login, ModelForm[ClientLink]]]:
        formset = super().get_formset(request, obj, **kwargs)
        # These are both the choices and, when the form comes back, all that is accepted.
        clients = formset.form.base_fields.get("client")
        if isinstance(clients, forms.ModelChoiceField):
            own = Client.objects.filter(organization=obj.organization_id) if obj else Client.objects.none()
            clients.queryset = own
            # The pop-ups lead to clients of any practice.
            for door in ("can_add_related", "can_change_related", "can_view_related"):
                setattr(clients.widget, door, False)
        return formset

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PreferenceHistoryOfLogin(ReadOnlyInline):
    """Every change to a preference: who, when, from what, to what (P7)."""

    model = PreferenceChange
    fields = readonly_fields = ("at", "by", "feature", "channel", "was", "became")
    verbose_name_plural = _("changes of preferences")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("by")


class LoginAdmin(PhoneSearch[Login]):
    list_display = ("name", "organization", "role", "email", "phone_shown", "activated", "active")
    list_filter = ("role", ActiveFilter, ActivatedFilter, OrganizationFilter)
    list_select_related = ("organization", "user")
    search_fields = ("name", "user__email", "phone")
    autocomplete_fields = ("organization", "user")
    fields = (
        "organization",
        "user",
        "role",
        "name",
        "phone",
        "language",
        "is_organization_admin",
        "is_user_admin",
        "is_schedule_admin",
        "active_since",
        "activated_at",
    )
    inlines = (ClientsOfLogin, PreferencesOfLogin, PreferenceHistoryOfLogin)
    actions = ("deactivate", "reactivate")

    def get_readonly_fields(self, request: HttpRequest, obj: Login | None = None) -> tuple[str, ...]:
        # Whose place it is, and where, does not change. It opens and closes by the actions, which keep the moment.
        since = ("active_since", "activated_at")
        return ("organization", "user", "role", *since) if obj else since

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: with the login would go the record of what it was told. It is deactivated instead."""
        return False

    @admin.display(description=_("email"), ordering="user__email")
    def email(self, login: Login) -> SafeString:
        return linked(login.user)

    @admin.display(description=_("mobile phone"), ordering="phone")
    def phone_shown(self, login: Login) -> str:
        return phones.for_display(login.phone) or "-"

    @admin.display(description=_("activated"), boolean=True, ordering="activated_at")
    def activated(self, login: Login) -> bool:
        return login.activated_at is not None

    @admin.display(description=_("active"), boolean=True, ordering="active_since")
    def active(self, login: Login) -> bool:
        return login.active_since is not None

    @admin.action(description=_("Deactivate the selected: they cannot sign in and are told nothing"))
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Login]) -> None:
        carry_out(self, request, queryset, Login.deactivate, gettext("Deactivated."))

    @admin.action(description=_("Reactivate the selected, from now on"))
    def reactivate(self, request: HttpRequest, queryset: QuerySet[Login]) -> None:
        carry_out(self, request, queryset, Login.reactivate, gettext("Reactivated."))

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[Login],
        formset: BaseInlineFormSet[Any, Login, Any],
        change: bool,
    ) -> None:
        """Links and preferences change by the models' verbs, which keep their "since" and their record."""
        # Not saved, but sorted into new, changed and deleted: the login's own history is written from that.
        formset.save(commit=False)
        if formset.model is ClientLink:
            _link(form.instance, formset.new_objects, formset.deleted_objects)
        elif formset.model is Preference:
            _choose(formset, by=request.user)


def _link(login: Login, new: Iterable[Any], gone: Iterable[ClientLink]) -> None:
    for link in gone:
        login.unlink(link.client)
    for link in new:
        login.link(link.client)


def _choose(formset: BaseInlineFormSet[Any, Login, Any], *, by: Any) -> None:
    if not isinstance(by, User):
        raise TypeError("A preference is changed by a signed-in user (P7).")
    for form in formset.initial_forms:
        for channel in Channel:
            if channel.value in form.changed_data:
                form.instance.choose(channel, on=form.cleaned_data[channel.value], by=by)
