"""Who of a family hears of homework, for staff who are about to tick Notify. The rules have the last word."""

from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.features import Feature
from accounts.models import Client, Preference, Role


@dataclass(frozen=True)
class Family:
    """The names of a client's active logins: who has homework news on by some channel, and who turned it all off."""

    client: Client
    told: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def names(self) -> str:
        """Who would be told."""
        return listed(self.told)

    @property
    def tick(self) -> str:
        """The label of the Notify tick."""
        if not self.told:
            return _("Notify the family")
        return _("Notify %(names)s") % {"names": self.names}

    @property
    def in_words(self) -> str:
        """Who would be told, and who would not."""
        if not self.client.active_since:
            return _("Nobody would be told: %(client)s is discharged.") % {"client": self.client.first_name}
        if not self.told and not self.silent:
            return _("Nobody would be told: nobody signs in for %(client)s yet.") % {"client": self.client.first_name}
        if not self.told:
            return _("Nobody would be told: %(names)s turned homework news off.") % {"names": listed(self.silent)}
        told = _("By email or text, as each of them chose. It says that something is there, never what.")
        if not self.silent:
            return told
        return told + " " + _("Not told, as homework news is turned off: %(names)s.") % {"names": listed(self.silent)}


def family_of(client: Client) -> Family:
    """One query."""
    told: list[str] = []
    silent: list[str] = []
    preferences = Preference.objects.filter(
        feature=Feature.HOMEWORK,
        login__clients=client,
        login__role=Role.CLIENT,
        login__active_since__isnull=False,
    )
    for preference in preferences.select_related("login").order_by("login__name", "login"):
        wants = client.active_since and (preference.email_since or preference.text_since)
        (told if wants else silent).append(preference.login.name)
    return Family(client, tuple(told), tuple(silent))


def listed(names: tuple[str, ...]) -> str:
    """ "Maria, Daniel and Rosa"."""
    return get_text_list(list(names), _("and"))
