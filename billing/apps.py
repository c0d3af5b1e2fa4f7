from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Invoices")

    def ready(self) -> None:
        from accounts import menu
        from accounts.features import Feature
        from accounts.models import Role
        from accounts.panels import Panel, Slot, place
        from billing import panels, signals  # noqa: F401 (connects the receivers)
        from billing.notifications import InvoiceIssued, InvoicePaid
        from notifications.kinds import register

        register(InvoiceIssued)
        register(InvoicePaid)
        feature = Feature.INVOICES
        entry = partial(menu.Entry, label=_("Invoices"), icon="receipt-text", order=40, feature=feature)
        menu.register(
            entry(url_name="invoice_list", role=Role.STAFF),
            entry(url_name="my_invoice_list", role=Role.CLIENT, count=panels.count_unpaid),
        )
        panel = partial(Panel, feature=feature)
        place(Slot.STAFF_HOME, panel(template="billing/_staff_home.html", context=panels.for_staff, order=50))
        place(Slot.FAMILY_HOME, panel(template="billing/_family_home.html", context=panels.for_family, order=50))
        place(Slot.CLIENT, panel(template="billing/_client.html", context=panels.of_client, order=40))
