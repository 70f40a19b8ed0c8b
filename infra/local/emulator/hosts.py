"""The hosts that SSM manages: every running instance, with a folder of its own in which its commands really run.

How the agent runs a script, and what it answers for one that it stopped:
https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/plugins/runscript/runscript.go
https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

# https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/appconfig/constants.go (CommandStoppedPreemptivelyExitCode)
STOPPED = 137

ONLINE, OFFLINE, UNMANAGED = "online", "offline", "unmanaged"


@dataclass
class Agent:
    state: str = ONLINE
    delay: float = 0.0  # what delivery takes longer, in seconds


_root = Path(tempfile.mkdtemp(prefix="lastgood-hosts-"))
_agents = {}
_processes = set()
_lock = threading.Lock()

# Called with the instance's id when its agent can take commands again.
on_online = []


def agent(instance_id):
    return _agents.setdefault(instance_id, Agent())


def set_agent(instance_id, state, delay):
    if state not in (ONLINE, OFFLINE, UNMANAGED):
        raise ValueError("state is online, offline or unmanaged")
    _agents[instance_id] = Agent(state, delay)
    if state == ONLINE:
        for callback in on_online:
            callback(instance_id)


def folder(instance_id):
    """The instance's folder: home is where scripts run, run is their state."""
    path = _root / instance_id
    for name in ("home", "run", "tmp"):
        (path / name).mkdir(parents=True, exist_ok=True)
    return path


@dataclass
class Result:
    code: int
    timed_out: bool
    out: str
    err: str


class Script:
    """One step's script, from its start to its end."""

    def __init__(self, instance_id, region, lines, working_directory):
        path = folder(instance_id)
        self.directory = Path(tempfile.mkdtemp(dir=path / "tmp"))
        file = self.directory / "_script.sh"
        text = "\n".join(lines) + "\n"
        file.write_text(text)
        # By the interpreter that its first line names, or the shell of Amazon Linux.
        interpreter = text.splitlines()[0][2:].split() if text.startswith("#!") else ["bash"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(path / "home"),
            "TMPDIR": str(path / "tmp"),
            "LASTGOOD_STATE_DIR": str(path / "run"),
            "AWS_SSM_INSTANCE_ID": instance_id,
            "AWS_SSM_REGION_NAME": region,
        }
        # In a session of its own, so that it ends with all that is in its process group when it is stopped.
        with open(self.directory / "stdout", "wb") as out, open(self.directory / "stderr", "wb") as err:
            where = path / "home" / working_directory
            streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
            self.process = subprocess.Popen([*interpreter, str(file)], cwd=where, env=environment, start_new_session=True, **streams)
        with _lock:
            _processes.add(self)

    def wait(self, seconds):
        timed_out = False
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            timed_out = True
            self.stop()
        code = self.process.wait()
        with _lock:
            _processes.discard(self)
        out, err = ((self.directory / name).read_text(errors="replace") for name in ("stdout", "stderr"))
        shutil.rmtree(self.directory, ignore_errors=True)
        return Result(STOPPED if timed_out or code < 0 else code, timed_out, out, err)

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def close():
    """Ends what runs and takes the folders away."""
    with _lock:
        for script in _processes:
            script.stop()
    shutil.rmtree(_root, ignore_errors=True)
