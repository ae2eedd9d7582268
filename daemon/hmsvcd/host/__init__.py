"""The world, one door each. Errors of the world are translated into ``hmsvcd.errors`` here."""
