from notifications.models.ledger import Notification, State
from notifications.models.outbox import OutboxMessage

__all__ = ["Notification", "OutboxMessage", "State"]
