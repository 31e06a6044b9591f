"""Measurements, side by side with peers where there are any; never part of the tests."""
