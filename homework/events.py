"""What happens to homework, for whoever wants to know. Sent by the verbs of `Homework`, only when they won.

The sender is the model, `homework` the row as it is by now, in the transaction of the change.
"""

from django.dispatch import Signal

edited = Signal()  # homework; notify: whether staff ticked Notify (N3)
removed = Signal()  # homework; notify, as above
marked_done = Signal()  # homework
