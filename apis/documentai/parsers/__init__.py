"""Processor types, a file for each."""
