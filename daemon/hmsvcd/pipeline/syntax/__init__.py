"""How things are written: unit files, command lines, environments, configuration files."""
