from accounts.features import Channel, Feature
from accounts.models.logins import ClientLink, Login, Role
from accounts.models.organizations import FeatureToggle, Organization, Plan
from accounts.models.people import Client, User
from accounts.models.preferences import Preference, PreferenceChange
from accounts.models.stops import TextStop, TextStopEvent
from accounts.models.throttle import Throttle
from accounts.models.undeliverable import EmailStop, EmailStopEvent, PhoneFault

__all__ = [
    "Channel",
    "Client",
    "ClientLink",
    "EmailStop",
    "EmailStopEvent",
    "Feature",
    "FeatureToggle",
    "Login",
    "Organization",
    "PhoneFault",
    "Plan",
    "Preference",
    "PreferenceChange",
    "Role",
    "TextStop",
    "TextStopEvent",
    "Throttle",
    "User",
]
