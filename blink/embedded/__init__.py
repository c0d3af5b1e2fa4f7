"""The embedded default: web, worker and beat as threads of one process, on SQLite and an in-process broker.

The same code as in production, differently started: waitress instead of gunicorn, a real Celery worker with a pool
of threads, a real Celery beat, and `memory://` between them. `manage.py runblink` starts it.
"""
