"""What all tests share: the record of the endpoints that they reach."""

from coverage_record import pytest_collection_modifyitems, pytest_configure, pytest_sessionfinish

__all__ = ["pytest_collection_modifyitems", "pytest_configure", "pytest_sessionfinish"]
