import json
import subprocess
import sys

SCRIPT = """
import os, sys
from drydock_probes.channel import Channel
channel = Channel()
print("a library says hello")
os.system("echo a child process too")
channel.emit("result", slot="x", values={"nan": float("nan"), "list": (1.5, float("inf"))})
channel.forward({"type": "warn", "seq": 77, "v": 1, "t": 3, "code": "c"})
"""


def test_records_are_alone_on_standard_output():
    ended = subprocess.run([sys.executable, "-c", SCRIPT], check=False, capture_output=True, text=True, timeout=60)
    records = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(record["seq"], record["type"]) for record in records] == [(0, "result"), (1, "warn")]
    assert records[0]["values"] == {"nan": None, "list": [1.5, None]}
    assert "a library says hello" in ended.stderr
    assert "a child process too" in ended.stderr
