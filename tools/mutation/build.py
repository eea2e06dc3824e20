"""Compiles the programs of tests/kernels/campaign against prebuilt libraries and runs them."""
import dataclasses
import pathlib
import re
import resource
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINKED_LIKE = "kernels_route_test"  # a target that links everything the programs need
# What a processor happens to forgive, as the sanitize preset judges it: an index beyond registers, a shift by too much.
UNDEFINED = ["-fsanitize=bounds,shift", "-fsanitize-undefined-trap-on-error"]
MEMORY = 8 << 30                    # a mutant that copies for ever must not take the machine along
PREAMBLE = ["kernels/host_run.h", "emu/simt/device.h", "app/verify/replay.h", "algorithm", "functional", "utility"]


@dataclasses.dataclass(frozen=True)
class Program:
    """One translation unit, what it is compiled with, and how long it may run (about 20 times what it needs)."""
    source: str
    definitions: tuple = ()
    also: tuple = ()  # sources of the libraries that an altered header changes too
    objects: tuple = ()  # of the build, e.g. a test's
    seconds: int = 20
    arguments: tuple = ()


@dataclasses.dataclass
class Outcome:
    fate: str  # caught, alive, uncompilable
    how: str = ""
    what: str = ""


class Builder:
    def __init__(self, build, scratch):
        self.build, self.scratch = pathlib.Path(build), pathlib.Path(scratch)
        command = subprocess.run(["ninja", "-C", self.build, "-t", "commands", LINKED_LIKE], check=True,
                                 capture_output=True, text=True).stdout.splitlines()[-1]
        libraries = re.findall(r"\S+\.a\b|\S+\.so[.\d]*|-l\w+", command.split("&& cd")[0])
        self.libraries = [str(self.build / lib) if (self.build / lib).exists() else lib for lib in libraries]
        self.linker = ["-fuse-ld=lld"] if shutil.which("ld.lld") else []
        self.flags = ["-std=c++20", "-O1", "-ffp-contract=off", "-DNDEBUG", "-DFP6SIM_BUILD=altered",
                      "-DBOOST_CONTEXT_DYN_LINK", "-DBOOST_CONTEXT_NO_LIB", *UNDEFINED, f'-DFP6SIM_SOURCE="{ROOT}"', "-w"]
        self.preamble = self.scratch / "preamble.h"

    def precompile(self):
        """The headers no mutant alters, read once."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.preamble.write_text("".join(f"#include <{header}>\n" for header in PREAMBLE))
        subprocess.run(["g++", *self.flags, f"-I{ROOT}", "-x", "c++-header", self.preamble, "-o", f"{self.preamble}.gch"],
                       check=True)

    def run(self, program, folder, altered=None):
        """`altered`: (path below ROOT, text) of the source that is not as it is."""
        folder = pathlib.Path(folder)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if altered:
            (folder / altered[0]).parent.mkdir(parents=True)
            (folder / altered[0]).write_text(altered[1])
        objects = []
        sources = [program.source, *program.also]
        if altered and altered[0].endswith(".cpp") and altered[0] not in sources:
            sources.append(altered[0])
        for i, source in enumerate(s for s in sources if s):
            path = folder / source if altered and altered[0] == source else ROOT / source
            objects.append(folder / f"{i}.o")
            compiled = self._limited(["g++", *self.flags, *program.definitions, f"-I{folder}", f"-I{ROOT}",
                                      "-include", self.preamble, "-c", path, "-o", objects[-1]], 120)
            if compiled.returncode != 0:
                return Outcome("uncompilable", "compiler", first_error(compiled.stderr))
        prebuilt = [self.build / o for o in program.objects]
        linked = self._limited(["g++", *self.linker, *objects, *prebuilt, *self.libraries, "-o", folder / "program"], 60)
        if linked.returncode != 0:
            return Outcome("uncompilable", "linker", first_error(linked.stderr))
        return judged(self._limited([folder / "program", *program.arguments], program.seconds))

    def _limited(self, command, seconds):
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # what else the machine does must not matter
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            return subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace",
                                  timeout=20 * seconds, preexec_fn=limit)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, "timeout", "", "")


def first_error(text):
    return next((line for line in text.splitlines() if "error" in line), "")[:200]


def judged(finished):
    if finished.returncode in ("timeout", -signal.SIGXCPU, -signal.SIGKILL):
        return Outcome("caught", "no end", "the time limit")
    if finished.returncode == 0:
        return Outcome("alive")
    if finished.returncode in (-signal.SIGILL, -signal.SIGTRAP):
        return Outcome("caught", "undefined behaviour", "bounds or shift")
    said = finished.stdout + finished.stderr
    line = next((line for line in finished.stdout.splitlines() if line.startswith("caught\t")), "")
    if line:
        return Outcome("caught", *(line.split("\t") + [""])[1:3])
    if "[  FAILED  ]" in said:
        kind = re.search(r"thread \d+ \(warp \d+ lane \d+\): (.*?) at (\S+?:\d+)", said)
        return Outcome("caught", kind.group(1) if kind else "bits", first_failure(said))
    return Outcome("caught", "crash", f"exit status {finished.returncode} " + said[-200:])


def first_failure(text):
    return next((line for line in text.splitlines() if "[  FAILED  ]" in line), "")
