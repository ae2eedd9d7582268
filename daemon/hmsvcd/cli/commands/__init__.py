"""One file per command: it parses, calls ``app``, shows, and returns an exit code."""
