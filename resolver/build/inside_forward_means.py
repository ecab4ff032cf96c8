"""What the forward calls share; see inside_forward.py."""

import os


def has(module):
    import importlib.util

    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def scratch(name):
    import tempfile

    return os.path.join(tempfile.mkdtemp(), name)
