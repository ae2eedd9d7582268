"""Evaluated options become a declaration that can be rendered, or all that is wrong with it.

``whole`` is the way in; ``computed`` holds the values that follow from others; ``build_…`` make
units, files and settings; ``unit_rules``, ``cross_check``, ``privileges``, ``verify`` and
``missing_units`` say what would not work.
"""
