"""Glue: runs the pure stages and carries out what they decide. Nothing here decides by itself."""
