"""Frozen values that pass between the stages. Nothing here touches the world."""
