"""Turns: a question and its answer, from the first event to the last."""
