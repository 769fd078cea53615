"""A server that lives some days later: libfaketime in front of it, whose wall clock alone is moved."""

from __future__ import annotations

from pathlib import Path

LIBRARIES = [Path(folder) / "faketime/libfaketimeMT.so.1" for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
                                                                          "/usr/lib")]


def later(days: float) -> dict[str, str]:
    """Variables of its environment."""
    library = next((path for path in LIBRARIES if path.exists()), None)
    assert library is not None, "the Debian package libfaketime is not installed"
    return {"LD_PRELOAD": str(library), "FAKETIME": f"+{int(days * 86_400)}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1"}
