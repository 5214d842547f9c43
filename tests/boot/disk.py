"""The booted machine's disk, which loses what a power cut loses.

Killing an emulator loses the machine's memory, but not what it wrote to its disk without asking for it to be flushed: that is in
the memory of the host. So the emulator writes down every write and flush in order (its driver blklogwrites; format: Linux,
Documentation/admin-guide/device-mapper/log-writes.rst). After a cut the disk is what it was before, with all writes up to the
last flush; of those after it each is there or not by chance, and some in part: a disk with a cache that reorders.
"""
import random
import struct
import subprocess

SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4


def arguments(folder):
    return ["-blockdev", f"driver=blklogwrites,node-name=disk,log-sector-size={SECTOR},file.driver=file,"
                         f"file.filename={folder}/running.img,log.driver=file,log.filename={folder}/writes.log",
            "-device", "virtio-blk-pci,drive=disk,write-cache=on"]


def begin(folder):
    """disk.img is what survived; the machine runs on a copy."""
    subprocess.run(["cp", "--sparse=always", folder / "disk.img", folder / "running.img"], check=True)
    (folder / "writes.log").write_bytes(b"")


def keep(folder):
    """It was switched off in order: nothing is lost."""
    (folder / "running.img").replace(folder / "disk.img")


def writes(log):
    """(flags, offset, data) of each entry, as far as the log was written."""
    magic, _, _, sector = struct.unpack("<QQQI", log.read(28))
    if magic != MAGIC or sector != SECTOR:
        raise ValueError("not a log of writes")
    log.seek(SECTOR)
    while len(head := log.read(SECTOR)) == SECTOR:
        at, count, flags, _ = struct.unpack("<QQQQ", head[:32])
        data = b"" if flags & DISCARD else log.read(count * SECTOR)
        if (count == 0 and not flags) or (not flags & DISCARD and len(data) < count * SECTOR):
            return
        yield flags, at * SECTOR, data


def cut(folder, seed):
    """disk.img becomes what survives a cut just now; (writes kept, writes that were not flushed, of them lost)."""
    chance = random.Random(seed)
    with open(folder / "writes.log", "rb") as log:
        last = max((number for number, (flags, _, _) in enumerate(writes(log)) if flags & FLUSH), default=-1)
        log.seek(0)
        kept = unsafe = lost = 0
        with open(folder / "disk.img", "r+b") as image:
            for number, (flags, offset, data) in enumerate(writes(log)):
                if number > last and data and not flags & FUA:
                    unsafe += 1
                    if chance.random() < 0.5:
                        lost += 1
                        continue
                    data = data[:SECTOR * chance.randint(1, len(data) // SECTOR)] if chance.random() < 0.2 else data
                image.seek(offset)
                image.write(data)
                kept += 1
    return kept, unsafe, lost
