"""One file per engine, named as in the registry; libraries are imported only inside functions."""
