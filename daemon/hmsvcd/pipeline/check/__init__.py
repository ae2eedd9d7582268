"""Evaluated options become a declaration that can be rendered, or all that is wrong with it.

``whole`` is the way in; ``build_…`` make units, files and settings; ``unit_rules``,
``cross_check``, ``privileges`` and ``verify`` say what would not work.
"""
