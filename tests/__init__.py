"""The tests, and the real servers and stand-ins they run against."""
