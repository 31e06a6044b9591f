"""Engines and weights: what can be computed, with no HTTP and no Google in sight."""
