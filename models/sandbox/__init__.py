"""Engines in child processes that may crash alone: `isolated.py` here, `jail.py` in the child.

`frames.py` is what passes between the two, and what may. Nothing is imported here: the child starts
with this package too, and should start light.
"""
