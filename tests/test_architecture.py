"""The house keeps its shape: dependencies point one way, the core does no I/O, importing costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"

# What each part may import of its own package, by the first component below the package. Top-level modules that
# hold no behaviour of their own (errors, config, version) are open to every part above the records.
LIBRARY = {
    "version": set(),
    "errors": set(),
    "credentials": {"errors"},
    "config": {"errors", "credentials"},
    "records": {"records"},
    "core": {"core", "records", "errors", "config", "credentials", "version"},
    "ports": {"ports", "core.port", "core.call", "core.pieces"},
    "api": {"api", "core", "records", "errors"},
    "client": {"api", "core", "records", "errors", "config", "ports", "version"},
    "guest": {"guest", "errors", "core.call", "version"},
    "cli": {"cli", "client", "api", "core", "records", "errors", "config", "guest", "version"},
}
# The old import paths are thin fronts and may use whatever stands below the command line, as may ``python -m``.
LIBRARY_FRONTS = {
    "__main__",
    "legacy",
    "resource",
    "generic",
    "conf",
    "metadata",
    "bulk",
    "scenarios",
    "resumable_upload",
    "upload_client",
}

EMULATOR = {
    "domain": {"domain"},
    "store": {"store"},
    "drivers": {"drivers", "domain"},
    "engine": {"engine", "domain", "store", "drivers"},
    "routes": {"routes", "domain", "engine", "store"},
    "image": {"image", "domain", "drivers.processes"},
    "app": {"app", "routes", "domain", "engine", "store", "drivers", "image"},
    "faces": {"faces", "app", "routes", "domain", "engine"},
}

# Effects that belong to the ports, and to them alone.
OUTSIDE_WORLD = {
    "asyncio",
    "concurrent",
    "http",
    "os",
    "pathlib",
    "queue",
    "random",
    "select",
    "selectors",
    "serial",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "truststore",
    "urllib.request",
    "websockets",
}


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """Yield the dotted name below the package, and the file, of each module."""
    root = SOURCE / package
    for path in sorted(root.rglob("*.py")):
        parts = list(path.relative_to(root).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if parts:
            yield ".".join(parts), path


def imported(package: str, name: str, path: Path) -> Iterator[str]:
    """Yield the absolute dotted name of everything that a module imports, at any depth of its code."""
    base = [package, *name.split(".")]
    if path.name != "__init__.py":
        base.pop()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = base[: len(base) - node.level + 1] if node.level else []
            module = ".".join([*start, *(node.module.split(".") if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(name: str, allowed: set[str]) -> bool:
    return any(name == each or name.startswith(each + ".") for each in allowed)


def trespasses(package: str, rules: dict[str, set[str]], fronts: set[str]) -> list[str]:
    found = []
    for name, path in modules(package):
        part = name.split(".")[0]
        if part in fronts or part not in rules:
            continue
        for target in imported(package, name, path):
            own = target.removeprefix(package + ".")
            if own != target and not within(own, rules[part]):
                found.append(f"{package}/{name} imports {target}")
    return found


def test_library_dependencies_point_one_way() -> None:
    assert trespasses("cloudsigma", LIBRARY, LIBRARY_FRONTS) == []


def test_emulator_dependencies_point_one_way() -> None:
    assert trespasses("cloudsigma_emulator", EMULATOR, set()) == []


def test_every_part_of_the_library_has_a_rule() -> None:
    parts = {name.split(".")[0] for name, _ in modules("cloudsigma")}
    assert parts - set(LIBRARY) - LIBRARY_FRONTS == set()


@pytest.mark.parametrize(
    ("package", "other"), [("cloudsigma", "cloudsigma_emulator"), ("cloudsigma_emulator", "cloudsigma")]
)
def test_library_and_emulator_share_no_code(package: str, other: str) -> None:
    meeting = [
        f"{name} imports {target}"
        for name, path in modules(package)
        for target in imported(package, name, path)
        if target == other or target.startswith(other + ".")
    ]
    assert meeting == []


@pytest.mark.parametrize(
    ("package", "part"), [("cloudsigma", "core"), ("cloudsigma", "api"), ("cloudsigma", "records")]
)
def test_no_io_outside_the_ports(package: str, part: str) -> None:
    found = [
        f"{name} imports {target}"
        for name, path in modules(package)
        if name.split(".")[0] == part
        for target in imported(package, name, path)
        if within(target, OUTSIDE_WORLD)
    ]
    assert found == []


def test_domain_does_no_io_and_reads_no_clock() -> None:
    found = [
        f"{name} imports {target}"
        for name, path in modules("cloudsigma_emulator")
        if name.split(".")[0] == "domain"
        for target in imported("cloudsigma_emulator", name, path)
        if within(target, OUTSIDE_WORLD)
    ]
    assert found == []


def test_importing_the_library_loads_no_transport() -> None:
    probe = (
        "import sys, cloudsigma; "
        "print([name for name in ('h11', 'asyncio', 'ssl', 'websockets', 'serial', 'click', 'rich') "
        "if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_two_faced_call_stays_small() -> None:
    assert len((SOURCE / "cloudsigma/core/call.py").read_text(encoding="utf-8").splitlines()) <= 100
