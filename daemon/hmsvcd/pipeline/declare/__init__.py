"""From a unit that exists to the TOML that declares it (``hmsvcd import``; docs/adopting.md)."""
