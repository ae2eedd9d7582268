"""The way back from the documents of the daemon, which may be of another version.

Keys that are not known here are left aside; what is missing, or of another type, is absent.
"""
