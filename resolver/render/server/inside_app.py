import os
import sys
import types

# The application of PATH as its own main block prepares it; the call that would start its server is caught.
here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(here, FOLDER)
os.chdir(folder)
sys.path[:0] = [folder, here]
sys.argv = [PATH]


class Started(BaseException):
    pass


def caught(application, *given, **named):
    raise Started(application)


def run():
    if KIND == "flask":
        import flask

        flask.Flask.run = caught
    else:
        import uvicorn

        uvicorn.run = caught
    main = types.ModuleType("__main__")
    main.__file__ = os.path.join(here, PATH)
    main.__package__ = PACKAGE or None
    sys.modules["__main__"] = main
    try:
        with open(main.__file__, "rb") as stream:
            exec(compile(stream.read(), main.__file__, "exec"), main.__dict__)
    except Started as started:
        found = started.args[0]
        if isinstance(found, str):  # "main:app", by name
            module, _, name = found.partition(":")
            found = getattr(__import__(module, fromlist=[name]), name)
        return found
    if NAME in main.__dict__:
        return main.__dict__[NAME]() if IS_FACTORY else main.__dict__[NAME]
    raise SystemExit("%s ended without starting a server" % PATH)


application = run()
