"""The lines of an invoice."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.tenancy import TenantManager, TenantModel
from billing.totals import net_of


class InvoiceLine(TenantModel):
    """One line: what for, how many, at what price each, and the tax on it in percent."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(_("description"), max_length=200)
    quantity = models.DecimalField(_("quantity"), max_digits=6, decimal_places=2, default=Decimal(1))
    unit_price = models.DecimalField(_("price"), max_digits=10, decimal_places=3)
    tax_rate = models.DecimalField(_("tax %"), max_digits=6, decimal_places=3, default=Decimal(0))

    objects: TenantManager["InvoiceLine"] = TenantManager()

    class Meta(TenantModel.Meta):
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="invoice_line_of_something"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="invoice_line_not_negative"),
            models.CheckConstraint(condition=Q(tax_rate__gte=0, tax_rate__lte=100), name="invoice_line_tax_percent"),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def net(self) -> Decimal:
        """Quantity times price, rounded. Its invoice must be loaded."""
        return net_of(self, self.invoice.currency)
