"""Speech heard: where somebody speaks, and what becomes of the words.

endpointing.py   probabilities of speech to stretches between pauses
"""
