"""Gather what a switch starts from: what is recorded and installed, what runs, what lies around.

Nothing here changes anything.
"""
