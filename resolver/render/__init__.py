"""How an answer is written down: Dockerfile, lock, report, ignore file; and how they get to disk whole."""
