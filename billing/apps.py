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
        words = {"label": _("Invoices"), "icon": "receipt-text", "order": 40, "feature": feature}
        menu.register(
            menu.Entry(**words, url_name="invoice_list", role=Role.STAFF),
            menu.Entry(**words, url_name="my_invoice_list", role=Role.CLIENT, count=panels.count_unpaid),
        )
        placed = {
            Slot.STAFF_HOME: ("billing/_staff_home.html", panels.for_staff, 50),
            Slot.FAMILY_HOME: ("billing/_family_home.html", panels.for_family, 50),
            Slot.CLIENT: ("billing/_client.html", panels.of_client, 40),
        }
        for slot, (template, context, order) in placed.items():
            place(slot, Panel(template=template, context=context, order=order, feature=feature))
