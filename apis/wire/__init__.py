"""The wire: Google's descriptors as the one schema of routes, codecs, OpenAPI and tests."""
