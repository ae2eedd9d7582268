"""Tell what passes have done, and what has become of units: all of it, and each of it once.

Nothing here changes anything, and what a pass calls neither raises nor waits.
"""
