"""The table of Django's cache, in which attempts to sign in are counted (docs/decisions/0009-signing-in.md)."""

from django.db import models


class Throttle(models.Model):
    """One counter. Read and written by Django's `DatabaseCache` alone, whose columns these are."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_throttle"

    def __str__(self) -> str:
        return self.cache_key
