"""How every form of Blink looks: each field with its label, its help and what is wrong with it."""

from django.forms.renderers import TemplatesSetting


class BlinkForms(TemplatesSetting):
    """Django's own renderer with the house's templates for a form and a field."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
