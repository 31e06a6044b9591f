"""One folder per Google service: each handler translates the wire to tasks and back."""
