"""The counter that numbers an organization's invoices."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.tenancy import TenantManager, TenantModel


class InvoiceCounter(TenantModel):
    """The last number that an organization gave to an invoice."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="+")
    last = models.PositiveIntegerField(_("last number"), default=0)

    objects: TenantManager["InvoiceCounter"] = TenantManager()

    class Meta(TenantModel.Meta):
        pass

    def __str__(self) -> str:
        return str(self.last)

    @classmethod
    def next_of(cls, organization_id: int) -> int:
        """The next number; the row stays locked until the transaction ends, so nobody else gets it or the one after.

        On SQLite the whole transaction holds the only writer's lock.
        """
        counter, _new = cls.objects.select_for_update().get_or_create(organization_id=organization_id)
        counter.last += 1
        counter.save(update_fields=["last"])
        return counter.last
