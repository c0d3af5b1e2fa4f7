from accounts.features import Channel, Feature
from accounts.models.logins import ClientLink, Login, Role
from accounts.models.organizations import FeatureToggle, Organization, Plan
from accounts.models.people import Client, User
from accounts.models.preferences import Preference, PreferenceChange
from accounts.models.stops import TextStop
from accounts.models.throttle import Throttle

__all__ = [
    "Channel",
    "Client",
    "ClientLink",
    "Feature",
    "FeatureToggle",
    "Login",
    "Organization",
    "Plan",
    "Preference",
    "PreferenceChange",
    "Role",
    "TextStop",
    "Throttle",
    "User",
]
