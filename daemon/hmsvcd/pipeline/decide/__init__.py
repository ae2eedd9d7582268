"""What a change does to what runs: a plan, from old and new definitions and what systemd reports.

``diff`` and ``method`` read definitions, ``states`` what systemd says; ``survey`` makes of them
the situation of each unit, ``rules`` is the table, ``agree`` applies it until nothing changes,
``induce`` and ``order`` say what follows and what goes first, ``plan`` puts it together.
"""
