"""Media: pictures and sound as arrays, and the files they come in."""
