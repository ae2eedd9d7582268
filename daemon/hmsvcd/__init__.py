"""hmsvcd: declarative services for a Linux session.

The packages are listed from the outside in, and imports only point downwards:

``cli``       what a user types: one small file per command
``app``       glue: loads a declaration, plans and carries out a switch
``host``      the world, one door each: files, store, bus, systemd, journal, sandbox
``pipeline``  pure stages, from TOML text to a plan
``model``     frozen values that pass between all of them
``errors``    what can go wrong and which exit code it means
"""

__version__ = "0.1.0"
