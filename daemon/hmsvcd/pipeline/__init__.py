"""Pure stages in order: read, merge, check, render, decide, advance, summarize, documents.

Values in, values out: no file, clock, socket or log may be touched here. ``syntax`` is how things
are written down, for the stages that do.
"""
