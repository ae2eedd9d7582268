"""What a user types and sees. A command parses, calls ``app``, shows, and returns an exit code."""
