"""Money in templates: `{{ invoice.total|money:invoice.currency }}`."""

from django import template

from billing import money

register = template.Library()
register.filter("money", money.money)
register.filter("plain", money.plain)
register.filter("percent", money.percent)
