"""The protocol of AI2's playground, without I/O: what it is asked, what it answers, and why it refuses."""
