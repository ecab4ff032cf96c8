#!/usr/bin/env python3
"""Turns facts of public projects (JSON: requirements, imports, attributes, commit_date) into the crawl's matrix (YAML stacks).

  scripts/stacks_from_facts.py FACTS_DIR OUT.yaml [--holdout holdout.sha256]

Each project is written to a scratch folder and read by our own reader, so that a stack asks for exactly what `resolve` would.
Repositories whose sha256("owner/name" in lower case) is in the holdout file are refused.
"""

import argparse
import hashlib
import json
import re
import tempfile
from pathlib import Path

import yaml

from resolver import compose, settings
from resolver.core.errors import ResolverError
from resolver.core.project import OriginKind
from resolver.core.reporter import Reporter
from resolver.project.read import read_project

PROXIES = ("flask.request.", "flask.session.", "flask.g.", "flask.current_app.")
"""Objects that answer only while a request is served: what lies behind them cannot be looked up by a probe."""


def write_project(facts: dict, folder: Path) -> None:
    """The requirement files as named, and one source file that imports and names what the project does."""
    for name, lines in (facts.get("requirements") or {}).items():
        if name == "setup.py":
            text = f"from setuptools import setup\n\nsetup(name='project', install_requires={lines!r})\n"
        elif name == "pyproject.toml":
            text = '[project]\nname = "project"\nversion = "0"\ndependencies = ' + json.dumps(lines, indent=2) + "\n"
        elif name.endswith((".yml", ".yaml")):
            # facts_of_repository.py gives the file's own lines (a list of pip's within), other gatherers the dependencies alone
            text = "\n".join(lines) + "\n" if "dependencies:" in lines else yaml.safe_dump({"name": "project", "dependencies": lines})
        elif re.fullmatch(r"[\w./-]+\.(txt|in)", name):
            text = "\n".join(lines) + "\n"
        else:
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    roots = sorted({a.split(".")[0] for a in facts.get("attributes", [])})
    body = [
        *facts["imports"],
        *(f"import {root}" for root in roots),
        "",
        "",
        "def uses():",
        *(f"    {a}" for a in facts.get("attributes", [])),
        "    return None",
    ]
    (folder / "app.py").write_text("\n".join(body) + "\n", encoding="utf-8")


def answerable(dotted: str, house: compose.House) -> bool:
    """Whether a build can tell if the name is there: not what lives in a request, nor TensorFlow's insides, which an attribute look-up
    does not reach, nor what no walked release of a package on record has.
    """
    if dotted.startswith(PROXIES) or ".python." in dotted:
        return False
    timeline = house.timeline
    known = [(owner, version) for owner in house.known_owners(dotted.split(".", maxsplit=1)[0]) for version in timeline.versions(owner)]
    answers = [timeline.offers(owner, version, [dotted])[0] for owner, version in known]
    told = [answer for answer in answers if answer is not None]
    return not told or max(told) > 0.5 or len(told) < len(known)


def stack(facts: dict, house: compose.House) -> dict | None:
    with tempfile.TemporaryDirectory() as scratch:
        write_project(facts, Path(scratch))
        try:
            project = read_project(Path(scratch), owners=house.owners, reporter=Reporter())
        except ResolverError as problem:
            print(f"{facts['id']}: {problem.message}")
            return None
    needs = [n for n in project.needs if not n.url]
    uses = [u for u in project.evidence.uses if not u.guarded]
    row = {
        "name": facts["id"],
        "framework": facts.get("framework", ""),
        "dated": facts.get("commit_date"),
        "needs": sorted({n.requirement for n in needs if n.origin.kind is OriginKind.DECLARED}),
        "inferred": sorted({n.requirement for n in needs if n.origin.kind is not OriginKind.DECLARED}),
        # What the reader holds for unguarded, as a proof would try it; a module that nothing provides is guarded.
        "imports": list(dict.fromkeys(u.statement for u in uses if u.imported)),
        "names": list(dict.fromkeys(u.dotted for u in uses if not u.imported and answerable(u.dotted, house))),
    }
    return {key: value for key, value in row.items() if value}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--holdout", type=Path, help="file of sha256 digests of repositories that must stay out")
    args = parser.parse_args()
    barred = set(args.holdout.read_text().split()) if args.holdout else set()
    values, _ = settings.load()
    house = compose.House(values)
    rows = []
    for file in sorted(args.facts.glob("*.json")):
        facts = json.loads(file.read_text(encoding="utf-8"))
        if hashlib.sha256(facts["repo"].lower().encode()).hexdigest() in barred:
            print(f"{facts['repo']}: held out, left alone")
            continue
        row = stack(facts, house)
        if row:
            rows.append(row)
    args.out.write_text(yaml.safe_dump(rows, sort_keys=False, width=160), encoding="utf-8")
    print(f"{len(rows)} stacks in {args.out}")


if __name__ == "__main__":
    main()
