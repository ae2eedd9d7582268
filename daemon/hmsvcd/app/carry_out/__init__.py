"""Carry out a plan: what it says is done and written down, and nothing is decided anew.

The order is that of docs/state.md; it can be cut off anywhere.
"""
