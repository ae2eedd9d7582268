"""From the options as data to what explains them: a manual, a JSON Schema, a first declaration."""
