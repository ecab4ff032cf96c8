"""What each release offers and uses, by dotted name: walked from real installs, asked by version."""
