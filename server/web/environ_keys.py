"""The keys that the front adds to the WSGI environ of a request."""

LOOP = "server.loop"
"""The event loop of a server that takes over the source of a stream."""
FORWARDED = "server.forwarded"
"""Present if the request came through any proxy, trusted or not."""
OWN_THREADS = "server.own_threads"
"""Present if the call is made in the threads that the application asked for."""
