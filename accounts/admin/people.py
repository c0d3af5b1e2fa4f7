"""Users and clients. Nobody is deleted here: with them would go the record of what they were told (L1, P7)."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.adapter import tell_owner
from accounts.admin import generics
from accounts.admin.generics import AdminUserCreationForm, ModelAdmin, TabularInline, UserChangeForm
from accounts.admin.lists import ActiveFilter, OrganizationFilter, PhoneSearch, linked
from accounts.models import Client, ClientLink, Login, User


class NewUserForm(AdminUserCreationForm[User]):
    """An email and, if they are to sign in at once, a password. Without one they set it by an invitation."""

    usable_password = AdminUserCreationForm.create_usable_password_field(
        _("Without a password a user cannot sign in until they set one.")
    )

    class Meta:
        model = User
        fields = ("email",)


class UserForm(UserChangeForm[User]):
    """A user; whoever is signed in cannot lock themselves out."""

    request_user: User | None = None

    class Meta:
        model = User
        fields = ("email", "password", "is_active", "is_superuser")
        labels = {"is_superuser": _("platform admin")}
        help_texts = {
            "is_active": _("Off: this person cannot sign in anywhere, whatever their logins."),
            "is_superuser": _("Runs the whole installation, and sees every practice here."),
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance == self.request_user and not (
            self.cleaned_data.get("is_active") and self.cleaned_data.get("is_superuser")
        ):
            raise ValidationError(_("You cannot take your own access away; another platform admin can."))
        return cleaned


class ReadOnlyInline(TabularInline[Any, Any]):
    """Rows shown on another object's page, to be read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LoginsOfUser(ReadOnlyInline):
    model = Login
    fields = ("login", "organization", "role", "active_since")
    readonly_fields = fields
    verbose_name_plural = _("logins: this person's places in practices")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("organization")

    @admin.display(description=_("name"))
    def login(self, login: Login) -> SafeString:
        return linked(login)


class UserAdmin(generics.UserAdmin[User]):
    form = UserForm
    add_form = NewUserForm
    list_display = ("email", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "logins__name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "joined_at")
    fieldsets = ((None, {"fields": ("email", "password", "is_active", "is_superuser", "last_login", "joined_at")}),)
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    inlines = (LoginsOfUser,)
    actions = ("remove_second_factor",)

    @admin.action(description=_("Remove the second factor of the selected, who lost theirs and proved who they are"))
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            Authenticator.objects.filter(user=user).delete()
            tell_owner(user.email, gettext("Your second factor was removed by those who run Blink."))
            self.log_change(request, user, "Second factor removed.")
        self.message_user(request, gettext("Removed. They sign in with the password alone now."))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"request_user": request.user}) if obj else form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LoginsOfClient(ReadOnlyInline):
    model = ClientLink
    fields = ("login_name", "role", "phone", "linked_since")
    readonly_fields = fields
    verbose_name_plural = _("linked logins; link and unlink on the login's page")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("login")

    @admin.display(description=_("login"))
    def login_name(self, link: ClientLink) -> SafeString:
        return linked(link.login)

    @admin.display(description=_("role"))
    def role(self, link: ClientLink) -> str:
        return link.login.get_role_display()

    @admin.display(description=_("mobile phone"))
    def phone(self, link: ClientLink) -> str:
        return phones.for_display(link.login.phone)


class ClientAdmin(PhoneSearch[Client]):
    list_display = ("name", "organization", "active", "linked_logins")
    list_filter = (ActiveFilter, OrganizationFilter)
    list_select_related = ("organization",)
    search_fields = ("first_name", "last_name", "logins__name", "logins__user__email", "logins__phone")
    ordering = ("first_name", "last_name", "pk")
    autocomplete_fields = ("organization",)
    fields = ("organization", "first_name", "last_name", "born_on", "time_zone", "active_since")
    inlines = (LoginsOfClient,)
    actions = ("discharge", "readmit")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        return super().get_queryset(request).prefetch_related("links__login")

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> tuple[str, ...]:
        # Rows do not move between organizations; care begins and ends by the actions, which keep its moment.
        return ("organization", "active_since") if obj else ("active_since",)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("name"), ordering="first_name")
    def name(self, client: Client) -> str:
        return client.name

    @admin.display(description=_("active"), boolean=True, ordering="active_since")
    def active(self, client: Client) -> bool:
        return client.active_since is not None

    @admin.display(description=_("linked logins"))
    def linked_logins(self, client: Client) -> SafeString | str:
        return format_html_join(", ", "{}", ((linked(link.login),) for link in client.links.all())) or "-"

    @admin.action(description=_("Discharge the selected: nothing more is sent about them"))
    def discharge(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        carry_out(self, request, queryset, Client.discharge, gettext("Discharged."))

    @admin.action(description=_("Readmit the selected, from now on"))
    def readmit(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        carry_out(self, request, queryset, Client.readmit, gettext("Readmitted."))


def carry_out(
    where: ModelAdmin[Any],
    request: HttpRequest,
    selected: QuerySet[Any],
    verb: Callable[[Any], bool],
    words: str,
) -> None:
    """Ask each selected object's verb, log it for those it changed, and say how many."""
    changed: list[Model] = [one for one in selected if verb(one)]
    if changed and isinstance(request.user, User):
        LogEntry.objects.log_actions(request.user.pk, changed, CHANGE, words)
    total = ngettext("%(count)d changed.", "%(count)d changed.", len(changed)) % {"count": len(changed)}
    where.message_user(request, f"{words} {total}", messages.SUCCESS if changed else messages.INFO)
