"""What a project asks for, read from its files and sources without running any of it."""
