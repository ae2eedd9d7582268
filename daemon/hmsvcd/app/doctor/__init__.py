"""``hmsvcd doctor``: look at everything that hmsvcd rests on, and say what to do.

Nothing here changes anything. Checks are made one by one, each on what can be read: that one
thing is broken must not hide the others.
"""
