#!/usr/bin/env python3
"""Writes down what one public project asks of its environment: requirement lines, import statements, dotted names (JSON).

  scripts/facts_of_repository.py GIT_DIR OWNER/NAME [--task TEXT] [--out DIR] [--holdout holdout.sha256]

GIT_DIR is a bare repository; its HEAD is read by git's plumbing and nothing of it is run or checked out. What is written are facts
of the form that `stacks_from_facts.py` reads: no code and no prose. Repositories in the holdout file are refused.
A file that does not run on Linux with Python 3 and what a package index offers (another syntax, Python 2's library, a device's own
modules) is left out whole, and told on stderr; so are demands by URL.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from facts_requirements import requirements
from facts_sources import sources
from facts_tree import Tree

FRAMEWORKS = {
    "tensorflow": "tensorflow", "keras": "keras", "tf_keras": "keras", "torch": "pytorch", "jax": "jax", "flax": "jax", "mxnet": "mxnet",
    "theano": "theano", "lasagne": "theano", "chainer": "chainer", "cntk": "cntk", "tflearn": "tflearn", "onnxruntime": "onnxruntime",
    "paddle": "paddle", "transformers": "transformers", "diffusers": "diffusers",
}  # fmt: skip
BOOSTERS = {"xgboost": "xgboost", "lightgbm": "lightgbm", "catboost": "catboost"}
LIBRARIES = {"spacy": "spacy", "gensim": "gensim", "sklearn": "sklearn", "nltk": "nltk"}


def framework(statements: Iterable[str], names: Iterable[str], wanted: Iterable[str]) -> str:
    """The deep-learning library that the sources name most; else that of classical learning, boosters first; else one that is required."""
    used = Counter(re.split(r"[ .]", s)[1] for s in statements) + Counter(n.split(".")[0] for n in names)
    required = (re.split(r"\W", line.strip(' -"').lower().replace("scikit-learn", "sklearn"))[0] for line in wanted)
    return named(used) or named(Counter(required))


def named(counted: Counter[str]) -> str:
    for table in (FRAMEWORKS, BOOSTERS, LIBRARIES):
        if found := [r for r in counted if r in table]:
            return table[max(sorted(found), key=lambda r: counted[r])]
    return ""


def facts_of(tree: Tree, repository: str, task: str, absent: frozenset[str] = frozenset()) -> dict:
    statements, names = sources(tree, repository.rpartition("/")[2], absent)
    wanted = requirements(tree)
    return {
        "id": repository.replace("/", "-"),
        "repo": repository,
        "commit": tree.commit,
        "commit_date": tree.date,
        "task": task,
        "framework": framework(statements, names, [line for lines in wanted.values() for line in lines]),
        "requirements": wanted,
        "imports": sorted(statements),
        "attributes": sorted(names),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("git_dir", type=Path)
    parser.add_argument("repository", help="OWNER/NAME")
    parser.add_argument("--task", default="", help="what the project does, in a few words of your own")
    parser.add_argument("--out", type=Path, help="folder for OWNER-NAME.json; without it the facts are printed")
    parser.add_argument("--holdout", type=Path, help="file of sha256 digests of repositories that must stay out")
    parser.add_argument("--absent", default="", help="root modules (a,b) that no index offers: files that import them are left out")
    args = parser.parse_args()
    if args.holdout and hashlib.sha256(args.repository.lower().encode()).hexdigest() in args.holdout.read_text().split():
        print(f"{args.repository}: held out, left alone", file=sys.stderr)
        return 2
    try:
        facts = facts_of(Tree(args.git_dir), args.repository, args.task, frozenset(args.absent.split(",")))
    except (subprocess.CalledProcessError, ValueError) as problem:
        print(f"{args.repository}: no HEAD can be read ({problem})", file=sys.stderr)
        return 2
    if not facts["imports"]:
        print(f"{args.repository}: imports nothing of others, or most of it cannot be read: left out", file=sys.stderr)
        return 2
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    if not args.out:
        sys.stdout.write(text)
        return 0
    part = args.out / f".{facts['id']}.part"
    part.write_text(text, encoding="utf-8")
    part.rename(args.out / f"{facts['id']}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
