"""The server that `--serve` writes: one file made of a part that knows a framework and a part that speaks HTTP.

Parts run inside the built image (CPython 3.6 to 3.13, any Flask); they are read as text and never imported.
"""
