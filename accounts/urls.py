"""Where the pages of this app are."""

from django.urls import include, path

from accounts import switching
from accounts.views import account, care, clients, family, invited, logins, organization, staff, staff_state

urlpatterns = [
    path("account/", account.my_account, name="my_account"),
    path("account/", include("accounts.account_urls")),
    path("switch/<int:login_id>/", switching.switch, name="switch"),
    path("at/<slug:organization>/", switching.at, name="at_home"),
    path("at/<slug:organization>/<path:path>", switching.at, name="at"),
    path("clients/", clients.client_list, name="client_list"),
    path("clients/add/", clients.client_add, name="client_add"),
    path("clients/<int:pk>/", clients.client, name="client"),
    path("clients/<int:pk>/edit/", clients.client_edit, name="client_edit"),
    path("clients/<int:pk>/staff/", care.client_staff, name="client_staff"),
    path("clients/<int:pk>/discharge/", care.client_discharge, name="client_discharge"),
    path("clients/<int:pk>/readmit/", care.client_readmit, name="client_readmit"),
    path("clients/<int:pk>/people/", family.client_people, name="client_people"),
    path("clients/<int:pk>/people/<int:login_pk>/link/", family.link, name="people_link"),
    path("clients/<int:pk>/people/<int:login_pk>/unlink/", family.unlink, name="people_unlink"),
    path("logins/", logins.login_list, name="login_list"),
    path("logins/invite/", logins.login_invite, name="login_invite"),
    path("logins/<int:pk>/", logins.login, name="login"),
    path("logins/<int:pk>/edit/", logins.login_edit, name="login_edit"),
    path("logins/<int:pk>/clients/", logins.login_clients, name="login_clients"),
    path("logins/<int:pk>/email/", invited.login_email, name="login_email"),
    path("logins/<int:pk>/resend/", invited.login_resend, name="login_resend"),
    path("logins/<int:pk>/deactivate/", invited.login_deactivate, name="login_deactivate"),
    path("logins/<int:pk>/reactivate/", invited.login_reactivate, name="login_reactivate"),
    path("staff/", staff.staff_list, name="staff_list"),
    path("staff/invite/", staff.staff_invite, name="staff_invite"),
    path("staff/<int:pk>/", staff.staff_member, name="staff_member"),
    path("staff/<int:pk>/clients/", staff.staff_clients, name="staff_clients"),
    path("staff/<int:pk>/clients/<int:client_pk>/", staff.staff_serve, name="staff_serve"),
    path("staff/<int:pk>/email/", staff_state.staff_email, name="staff_email"),
    path("staff/<int:pk>/resend/", staff_state.staff_resend, name="staff_resend"),
    path("staff/<int:pk>/deactivate/", staff_state.staff_deactivate, name="staff_deactivate"),
    path("staff/<int:pk>/reactivate/", staff_state.staff_reactivate, name="staff_reactivate"),
    path("organization/", organization.organization, name="organization"),
]
