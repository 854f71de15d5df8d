"""Rows in SQLite, bytes of drives in sparse files beside it."""
