"""What is installed in this environment, and whose file is whose; see inside_probe.py."""

import os
import re
import sys

SKIPPED_ROOTS = {
    "test",
    "tests",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "benchmarks",
    "benchmark",
    "scripts",
    "script",
    "setup",
    "conftest",
    "tools",
    "bin",
    "data",
    "samples",
    "build",
    "dist",
    "src",
    "utils",
    "notebooks",
    "perf",
    "ci",
    "antigravity",
    "this",
    "extras",
    "demo",
    "demos",
    "resources",
    "licenses",
    "share",
    "include",
    "lib",
}
SKIPPED_REST = re.compile(
    r"^(nvidia-.*|triton|pip|uv|wheel|setuptools|cmake|ninja|tensorflow-io-gcs-filesystem|libclang|jupyter.*|notebook|ipykernel)$"
)


def normalize(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class Installed(object):
    """What is installed, read from the metadata folders: versions, requirements, module roots, and which file is whose."""

    def __init__(self, folders):
        self.version, self.requires, self.roots, self.owner, self.root_owner, self.shared = {}, {}, {}, {}, {}, {}
        self.folders = folders
        for folder in folders:
            try:
                entries = sorted(os.listdir(folder))
            except OSError:
                continue
            for entry in entries:
                if entry.endswith((".dist-info", ".egg-info")):
                    try:
                        self._read(folder, entry)
                    except Exception as error:
                        sys.stderr.write("cannot read %s: %r\n" % (entry, error))

    def _read(self, folder, entry):
        path = os.path.join(folder, entry)
        name, version, requires = "", "", []
        for candidate in (os.path.join(path, "METADATA"), os.path.join(path, "PKG-INFO"), path):
            if os.path.isfile(candidate):
                with open(candidate, encoding="utf-8", errors="replace") as stream:
                    for line in stream:
                        if not line.strip():
                            break
                        key, _, value = line.partition(":")
                        key = key.lower()
                        if key == "name":
                            name = normalize(value.strip())
                        elif key == "version":
                            version = value.strip()
                        elif key == "requires-dist" and "extra ==" not in value and "extra==" not in value:
                            found = re.match(r"\s*([A-Za-z0-9._-]+)", value)
                            if found:
                                requires.append(normalize(found.group(1)))
                break
        if not name or name in self.version:
            return
        text = os.path.join(path, "requires.txt")
        if os.path.isfile(text):
            with open(text, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    if line.startswith("["):
                        break
                    found = re.match(r"\s*([A-Za-z0-9._-]+)", line)
                    if found:
                        requires.append(normalize(found.group(1)))
        self.version[name], self.requires[name] = version, requires
        self._files(name, folder, path)

    def _files(self, name, folder, path):
        files = []
        record, egg = os.path.join(path, "RECORD"), os.path.join(path, "installed-files.txt")
        if os.path.isfile(record):
            with open(record, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    file = line.rsplit(",", 2)[0].strip().strip('"')
                    if file and not file.startswith(("..", "/")):
                        files.append(file)
        elif os.path.isfile(egg):
            base = os.path.basename(path)
            with open(egg, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    files.append(os.path.normpath(os.path.join(base, line.strip())))
        packages, modules = set(), set()
        for file in files:
            if "__pycache__" in file or ".dist-info" in file or ".egg-info" in file:
                continue
            self.owner.setdefault(file, name)
            base = os.path.basename(file)
            if ".so" in base:
                self.shared.setdefault(name, []).append(os.path.join(folder, file))
            if base == "__init__.py" or base == "__init__.pyc" or base.startswith("__init__.cpython"):
                packages.add(os.path.dirname(file))
            elif base.endswith(".py") or (base.endswith(".so") and not base.startswith("lib")):
                if "/" not in file:
                    modules.add(base.split(".")[0])
        roots = set(modules)
        for package in packages:
            parent = os.path.dirname(package)
            while parent and parent not in packages:
                parent = os.path.dirname(parent)
            if not parent:
                roots.add(package.replace("/", "."))
        listed = os.path.join(path, "top_level.txt")
        if not roots and os.path.isfile(listed):
            with open(listed, encoding="utf-8", errors="replace") as stream:
                roots.update(line.strip().replace("/", ".") for line in stream if line.strip())
        kept = []
        for root in sorted(roots):
            parts = root.split(".")
            if len(parts) > 3 or any(not p.isidentifier() or p.startswith("_") for p in parts) or parts[-1].startswith("test"):
                continue
            if parts[0] in SKIPPED_ROOTS and normalize(parts[0]) != name:
                continue
            kept.append(root)
        self.roots[name] = kept
        for root in roots:
            self.root_owner.setdefault(root, name)

    def main_roots(self, name):
        """The modules that stand for a distribution: the one named like it, else all."""
        roots = self.roots.get(name, [])
        same = [r for r in roots if normalize(r) == name]
        return same or roots

    def owner_of_file(self, file):
        if file.startswith("<") or not file:
            return ""
        for folder in self.folders:
            if file.startswith(folder + os.sep):
                return self._owner_of_path(file[len(folder) + 1 :])
        unpacked = re.search(r"/archive-v\d+/[^/]+/(.*)", file)
        if unpacked:
            return self._owner_of_path(unpacked.group(1))
        if not os.path.isabs(file):
            return self._owner_of_path(file)  # frames of Cython code carry paths of the build tree
        return "python" if file.startswith((os.path.dirname(os.__file__), sys.base_prefix + os.sep)) else ""

    def _owner_of_path(self, path):
        found = self.owner.get(path)
        if found:
            return found
        return self.owner_of_module(re.sub(r"\.(py|pyx|pxd|pxi|so)$", "", path).replace("/", "."))

    def owner_of_module(self, module):
        parts = module.split(".")
        for end in range(len(parts), 0, -1):
            found = self.root_owner.get(".".join(parts[:end]))
            if found:
                return found
        return ""


def site_folders(given=()):
    """Where distributions are looked for: `given`, else every site folder of this interpreter."""
    import site

    if given:
        return list(given)
    folders = []
    for folder in list(getattr(site, "getsitepackages", list)()) + [p for p in sys.path if p.endswith(("-packages"))]:
        if folder not in folders and os.path.isdir(folder):
            folders.append(folder)
    return folders
