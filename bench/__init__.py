"""Measures what relaying costs, beside other programs on the same machine in the same run."""
