"""Where the pages of this app are."""

from django.urls import path

from billing.views import acts, families, reading, writing

urlpatterns = [
    path("invoices/", reading.invoice_list, name="invoice_list"),
    path("invoices/new/", writing.invoice_new, name="invoice_new"),
    path("invoices/<int:pk>/", reading.invoice, name="invoice"),
    path("invoices/<int:pk>/print/", reading.invoice_print, name="invoice_print"),
    path("invoices/<int:pk>/pdf", reading.invoice_pdf, name="invoice_pdf"),
    path("invoices/<int:pk>/edit/", writing.invoice_edit, name="invoice_edit"),
    path("invoices/<int:pk>/issue/", acts.invoice_issue, name="invoice_issue"),
    path("invoices/<int:pk>/paid/", acts.invoice_paid, name="invoice_paid"),
    path("invoices/<int:pk>/unpaid/", acts.invoice_unpaid, name="invoice_unpaid"),
    path("invoices/<int:pk>/void/", acts.invoice_void, name="invoice_void"),
    path("invoices/<int:pk>/delete/", acts.invoice_delete, name="invoice_delete"),
    path("my/invoices/", families.my_invoice_list, name="my_invoice_list"),
    path("my/invoices/<int:pk>/", families.my_invoice, name="my_invoice"),
    path("my/invoices/<int:pk>/print/", families.my_invoice_print, name="my_invoice_print"),
    path("my/invoices/<int:pk>/pdf", families.my_invoice_pdf, name="my_invoice_pdf"),
]
