"""Tells of a Python file what can be told without running it: a line of JSON and then the file on stdin, JSON on stdout.

Run by Torchweave with `-I -S`: the file may be anybody's, and so are limits of time and memory.
"""
import gc
import json
import os
import sys

if sys.version_info < (3, 8):
    sys.exit("Python 3.8 or newer is needed, this is %d.%d." % sys.version_info[:2])

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from torchweave_runtime.source_facts import facts_of  # noqa: E402


def limit(name: str, value: int) -> None:
    import resource

    number = getattr(resource, name)
    _, hard = resource.getrlimit(number)
    resource.setrlimit(number, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    source = sys.stdin.buffer.read()
    limit("RLIMIT_CPU", request["cpuSeconds"])
    # macOS knows no limit of it.
    if sys.platform == "linux":
        limit("RLIMIT_AS", request["memoryBytes"])
    limit("RLIMIT_CORE", 0)
    # A tree has no circles that would have to be looked for.
    gc.disable()
    try:
        facts = facts_of(source, request["names"])
    except (MemoryError, RecursionError):
        facts = {"python": "%d.%d" % sys.version_info[:2], "fault": {"message": "it is too large to be looked through"}}
    sys.stdout.write(json.dumps(facts))


main()
