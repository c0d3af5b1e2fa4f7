"""How every form of Blink looks: each field with its label, its help and what is wrong with it."""

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, QueryDict


class BlinkForms(TemplatesSetting):
    """Django's own renderer with the house's templates for a form and a field."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


def posted(request: HttpRequest) -> QueryDict | None:
    """What was typed, for a form; None while the page is only looked at. An empty form that is sent is sent."""
    return request.POST if request.method == "POST" else None
