"""What was stored is read back by many threads at once, and the process goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOGETHER = """
import sys, threading
from pathlib import Path
sys.setswitchinterval(1e-6)
import msgspec
from troth import policy
from troth.policy import decoding
from troth.policy.plan import Plan
whole = msgspec.json.encode(policy.load(Path("tests/policies/larch.yaml")).plan)
plain, found, start = msgspec.json.decode(whole), [], threading.Barrier(8)
def once():
    start.wait(20)
    found.append(decoding.read(whole, Plan) if way == "read" else decoding.convert(plain, Plan))
way = sys.argv[1]
threads = [threading.Thread(target=once) for _ in range(8)]
for one in threads: one.start()
for one in threads: one.join(20)
assert len(found) == 8 and all(one == found[0] for one in found)
"""


@pytest.mark.parametrize("way", ["read", "convert"])
def test_t36_threads_that_read_a_structure_for_the_first_time_together_end_no_process(way):
    """Without a decoder that is made first, seven of eight processes end with a fault: the first visitors of a server
    that has just started would end it."""
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", TOGETHER, way], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
