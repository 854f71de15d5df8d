"""The version, under the name that the old library used."""

__version__ = "3.0.0.dev1"
