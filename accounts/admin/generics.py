"""Django's admin and form classes by their model: `ModelAdmin[Client]`.

The stubs that type Django give these classes a type parameter; Django itself does not, so while Blink runs the
brackets do nothing.
"""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth import forms as auth_forms
from django.core import paginator

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.auth.admin import UserAdmin
    from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
    from django.core.paginator import Paginator
    from django.forms import BaseInlineFormSet, ModelForm
else:

    class _Bracketed:
        def __class_getitem__(cls, parameters: Any) -> Any:
            return cls

    class ModelAdmin(_Bracketed, admin.ModelAdmin):
        pass

    class TabularInline(_Bracketed, admin.TabularInline):
        pass

    class ModelForm(_Bracketed, forms.ModelForm):
        pass

    class BaseInlineFormSet(_Bracketed, forms.BaseInlineFormSet):
        pass

    class Paginator(_Bracketed, paginator.Paginator):
        pass

    class AdminUserCreationForm(_Bracketed, auth_forms.AdminUserCreationForm):
        pass

    class UserChangeForm(_Bracketed, auth_forms.UserChangeForm):
        pass

    class UserAdmin(_Bracketed, auth_admin.UserAdmin):
        pass


__all__ = [
    "AdminUserCreationForm",
    "BaseInlineFormSet",
    "ModelAdmin",
    "ModelForm",
    "Paginator",
    "TabularInline",
    "UserAdmin",
    "UserChangeForm",
]
