"""Small servers that behave as the providers document, for the real clients to be tested against."""
