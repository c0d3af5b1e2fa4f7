"""What beat runs every minute."""

from celery import shared_task

from scheduling import scan as scanning


@shared_task(ignore_result=True)
def scan() -> None:
    """Take the reminders that fell due. Two beats running at once are harmless."""
    scanning.scan()
