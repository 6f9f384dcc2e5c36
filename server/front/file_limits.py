"""How many files and sockets the process may hold open at a time."""

import sys


def allow(handles: int) -> None:
    """Raise the soft limit, often 1,024, to as many handles, or as far as the system lets us."""
    if sys.platform != "win32":  # which has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = handles if hard == resource.RLIM_INFINITY else min(handles, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
