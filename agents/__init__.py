"""Conversational agents in Rasa's formats, composed from the APIs through their client."""
