"""Django admin for notifications. Only platform admins enter it: see `blink.admin`."""

from notifications.admin import holds, letters, logins, record, stops

__all__ = ["holds", "letters", "logins", "record", "stops"]
