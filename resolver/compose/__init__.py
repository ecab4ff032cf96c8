"""The only place that names concrete classes: settings in, wired rooms out."""

from resolver.compose.house import House

__all__ = ["House"]
