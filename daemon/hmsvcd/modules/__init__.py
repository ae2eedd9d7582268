"""Service modules that come with hmsvcd, on the interface for all (docs/modules.md)."""
