"""Asks the server of this container: `inside_request.py SPEC`, one JSON line to stdout. CPython 3.6 to 3.13, standard library only.

SPEC holds port, path, method, kind, body (a file or "") and patience, the seconds for which refused connections are tried again.
"""

import http.client
import json
import os
import sys
import time

BODY_LIMIT = 2000


def ask(spec):
    body = open(spec["body"], "rb").read() if spec["body"] else None
    headers = {"Content-Type": spec["kind"]} if body is not None else {}
    start = time.time()
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", spec["port"], timeout=max(1.0, spec["patience"] - (time.time() - start)))
        try:
            connection.request(spec["method"], spec["path"], body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(BODY_LIMIT).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as problem:
            if time.time() - start > spec["patience"]:
                return 0, "%s: %s" % (type(problem).__name__, problem)
            time.sleep(0.1)
        finally:
            connection.close()


def main():
    with open(sys.argv[1]) as stream:
        spec = json.load(stream)
    start = time.time()
    status, body = ask(spec)
    print(json.dumps({"status": status, "body": body, "seconds": round(time.time() - start, 3), "user": os.getuid()}))


main()
