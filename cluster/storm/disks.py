"""A small disk for the results, which can be filled; only root has one."""

import errno
import os
import pathlib
import shutil
import subprocess
import time

# Several times what a round writes.
MEGABYTES = 400


class SmallDisk:
    """A tmpfs on a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ballast = self.folder / "ballast"
        self.is_full = False
        self.room_since = 0.0
        self.folder.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "tmpfs", self.folder],
            check=True, stdin=subprocess.DEVNULL, capture_output=True)

    def fill(self):
        """Leaves no room for a single page more."""
        self.is_full = True
        # Without a buffer: what a buffered file could not write, it would try again when it is closed.
        file = os.open(self.ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            for size in (1 << 20, 4096):
                fill_with(file, bytes(size))
        finally:
            os.close(file)

    def make_room(self):
        self.ballast.unlink(missing_ok=True)
        self.is_full = False
        self.room_since = time.monotonic()

    def remove(self):
        """Leaves an ordinary folder with the same files."""
        if not os.path.ismount(self.folder):
            return
        self.make_room()
        copy = self.folder.with_name("results-copy")
        shutil.copytree(self.folder, copy)
        subprocess.run(["umount", "-l", self.folder], check=True, stdin=subprocess.DEVNULL)
        self.folder.rmdir()
        copy.rename(self.folder)


def fill_with(file, block):
    """Writes until nothing of a block fits."""
    try:
        while True:
            os.write(file, block)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
