"""The module system: definitions become values, lazily, as in nixpkgs' ``lib/modules.nix``.

``properties`` takes mkForce and its kin off a value, ``merging`` merges the definitions of one
value; ``node``, ``table`` and ``leaf`` are the tree that does so on demand; ``service`` puts what
``modules`` say before what is written; ``references`` and ``walk`` find what ``@{…}`` names, and
``evaluate`` runs it all. Nothing here knows what a value means: the rules of values that follow
from others are handed in.
"""
