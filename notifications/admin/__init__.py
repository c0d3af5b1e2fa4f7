"""Django admin for notifications. Only platform admins enter it: see `blink.admin`."""

from notifications.admin import letters, logins, record, stops

__all__ = ["letters", "logins", "record", "stops"]
