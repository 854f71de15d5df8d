"""What all tests share: the record of the endpoints that they reach, that Hypothesis asks for no speed, and Ctrl-C."""

import signal

from hypothesis import HealthCheck, settings

from coverage_record import pytest_collection_modifyitems, pytest_configure, pytest_sessionfinish

__all__ = ["pytest_collection_modifyitems", "pytest_configure", "pytest_sessionfinish"]

# What one example takes depends on how busy the machine is: no test fails for that.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Shells start what runs in the background with Ctrl-C ignored; there are tests of what it does.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
