"""What fits together: complete version sets by declared metadata, under many preferences, and why none exists."""
