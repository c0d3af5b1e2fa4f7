"""Django admin for accounts. Only platform admins enter it: see `blink.admin`.

Every page runs inside `everywhere` (`accounts.middleware.platform_admin_scope`), so every choice that belongs to
one practice is narrowed to it here.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin.organizations import OrganizationAdmin
from accounts.admin.people import ClientAdmin, UserAdmin
from accounts.models import Client, Organization, User

# Blink's permissions are a login's own; Django's groups would only look as if they did something.
admin.site.unregister(Group)
# Addresses change with their users', by their owners alone (S4).
admin.site.unregister(EmailAddress)
# Secrets of second factors are shown to nobody; `UserAdmin` has an action that removes them.
admin.site.unregister(Authenticator)
admin.site.register(Organization, OrganizationAdmin)
admin.site.register(User, UserAdmin)
admin.site.register(Client, ClientAdmin)
