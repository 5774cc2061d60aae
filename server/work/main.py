"""The process that does the work: ``python -m svbrdf_server.work.main``, as `svbrdf serve` starts it.

With the word ``fills`` behind it, it has loaded what fills need before it is asked for one.

Each line on standard input is a task ``{"id": 1, "op": "fill", …}`` or ``{"cancel": 1}``; each line on standard output
is ``{"id": 1, "kind": …}``, where the kinds ``progress`` and ``preview`` may come often and one of ``done``, ``error``
and ``cancelled`` comes last. When standard input ends the process ends, whatever it is doing: its server is gone.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import svbrdf_core as sv
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.runs.processes import end_with_parent, trim_heap
from svbrdf_core.sentences import Sentence

from . import checking, filling, matching, methods, models, pictures
from .redacting import redact_all, redact_sentence

OPS: dict[str, Callable[..., JsonObject]] = {
    "describe": methods.describe,
    "inspect": checking.inspect_material,
    "check": checking.check_request,
    "model": models.describe_model,
    "match": matching.match_masks,
    "fill": filling.fill,
    "map": pictures.write_map,
    "render": pictures.render,
}
NO_MEMORY = "There is not enough memory for this; fill the holes one at a time, or take a smaller material."
OUR_FAULT = "Something went wrong that is our fault ({}); please report it with the service's log."
KINDS: dict[type, str] = {
    sv.MaskError: "mask",
    sv.FillError: "fill",
    sv.OutputError: "output",
    sv.InputError: "input",
}


class Line:
    """Standard input and output as lines of JSON, and which task is cancelled."""

    def __init__(self) -> None:
        # Whatever prints (a compiler, a library) must not break into our lines.
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._cancelled: set[int] = set()
        self.tasks: queue.Queue[JsonObject] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, **said: Any) -> None:
        """Send one line."""
        with self._lock:
            self._out.write(json.dumps(said, allow_nan=False) + "\n")

    def is_cancelled(self, task: int) -> bool:
        """Whether a task is not wanted any more."""
        return task in self._cancelled

    def _listen(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self.tasks.put(message)
        os._exit(0)


def main() -> None:
    """Do tasks until there are no more."""
    end_with_parent()  # else it might still write when the next server has put the data folder in order
    line = Line()
    sv.usable("patch"), sv.check, sv.repair  # the front imports them now instead of at the first task
    if sys.argv[1:] == ["fills"]:
        sv.load_engine()
        sv.compile_in_background()  # people paint before they fill
    while True:
        task = line.tasks.get()
        line.say(id=task["id"], **_do(line, task))
        gc.collect()  # between jobs of hundreds of megabytes nothing of the last one stays
        trim_heap()


def _do(line: Line, task: Mapping[str, Any]) -> JsonObject:
    """Do a task and return the last line about it."""
    number, op = task["id"], task["op"]
    arguments = {key: value for key, value in task.items() if key not in ("id", "op")}
    if op == "fill":
        arguments["say"] = lambda **said: line.say(id=number, **said)
        arguments["should_stop"] = lambda: line.is_cancelled(number)
    try:
        return {"kind": "done", "result": redact_all(OPS[op](**arguments), arguments)}
    except sv.Cancelled:
        return {"kind": "cancelled"}
    except sv.SvbrdfError as error:
        kind = next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), "input")
        return {"kind": "error", "error": kind, "message": redact_sentence(error.sentence, task)}
    except MemoryError:
        return {"kind": "error", "error": "memory", "message": Sentence(NO_MEMORY).to_json()}
    except Exception as error:
        traceback.print_exc()
        return {
            "kind": "error",
            "error": "fault",
            "message": Sentence(OUR_FAULT.format(type(error).__name__)).to_json(),
        }


if __name__ == "__main__":
    main()
