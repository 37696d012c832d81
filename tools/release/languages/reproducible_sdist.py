"""Packs a source distribution anew, so that the same files give the same bytes: setuptools writes the time of the build into it."""

import gzip
import io
import sys
import tarfile


def main(path: str, seconds: int) -> None:
    packed = io.BytesIO()
    with tarfile.open(path) as before, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as after:
        for member in sorted(before.getmembers(), key=lambda member: member.name):
            member.mtime = seconds
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() else 0o644
            member.pax_headers = {}
            after.addfile(member, before.extractfile(member) if member.isfile() else None)
    with open(path, "wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=seconds) as compressed:
        compressed.write(packed.getvalue())


main(sys.argv[1], int(sys.argv[2]))
