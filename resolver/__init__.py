"""Resolver: the version set and the Dockerfile that work, for any deep-learning project."""

__version__ = "0.1.0"
