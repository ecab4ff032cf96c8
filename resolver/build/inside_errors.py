"""An exception as plain values: its chain, whose code each frame is, and what the message is about; see inside_probe.py."""

import os
import re


def subject_of(error, text):
    """The module that defines what the message is about: the called function, or the class that lacks an attribute."""
    import types

    try:
        if isinstance(getattr(error, "obj", None), types.ModuleType):
            return error.obj.__name__
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is None:
            return ""
        scope = trace.tb_frame
        called = re.search(r"([A-Za-z_]\w*)\(\) (got|missing|takes)", text)
        if called:
            name = called.group(1)
            for space in (scope.f_locals, scope.f_globals):
                for value in list(space.values()):
                    found = value if getattr(value, "__name__", "") == name else None
                    if name == "__init__" and isinstance(value, type):
                        continue
                    if found is None and isinstance(value, types.ModuleType):
                        found = vars(value).get(name)
                    if found is None and not isinstance(value, (types.ModuleType, type)):
                        found = getattr(type(value), name, None)
                    if found is not None and getattr(found, "__module__", None):
                        return str(found.__module__)
        lacking = re.search(r"'(\w+)' object has no attribute|type object '(\w+)' has no attribute", text)
        if lacking:
            name = lacking.group(1) or lacking.group(2)
            for space in (scope.f_locals, scope.f_globals):
                for value in list(space.values()):
                    if isinstance(value, types.ModuleType):
                        value = vars(value).get(name)
                    kind = value if isinstance(value, type) else type(value)
                    if kind.__name__ == name and kind.__module__ not in ("builtins",):
                        return str(kind.__module__)
    except Exception:
        pass
    return ""


def tell_error(error, installed):
    """The exception and what caused it, outermost first: type, message, frames with their owners."""
    import traceback

    chain, seen = [], set()
    while error is not None and id(error) not in seen and len(chain) < 6:
        seen.add(id(error))
        frames = []
        try:
            listed = traceback.extract_tb(error.__traceback__)
        except Exception:
            listed = []
        for frame in listed[-60:]:
            file = frame[0] or ""
            if file.startswith("<frozen") or os.path.basename(file).startswith("inside_"):
                continue
            owner = installed.owner_of_file(file)
            frames.append([file, frame[1], frame[2], owner])
        try:
            text = str(error)
        except Exception:
            text = "<no text>"
        row = {"type": type(error).__name__, "message": text[:3000], "frames": frames[-40:]}
        if isinstance(error, ImportError):
            row["module"] = getattr(error, "name", None) or ""
        if listed:
            row["code"] = (listed[-1][3] or "")[:300]
        row["subject"] = subject_of(error, text)
        if isinstance(error, SyntaxError) and error.filename:
            row["frames"].append([error.filename, error.lineno or 0, "", installed.owner_of_file(error.filename)])
        chain.append(row)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain
