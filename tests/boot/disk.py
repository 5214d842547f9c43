"""The booted machine's disk, which loses what a power cut loses.

Killing an emulator loses the machine's memory, but not what it wrote to its disk without asking for it to be flushed: that is in
the memory of the host. So the emulator writes down every write and flush in order (its driver blklogwrites; format: Linux,
Documentation/admin-guide/device-mapper/log-writes.rst). After a cut the disk is what it was before, with all writes up to the
last flush; of those after it each is there or not by chance, and some in part: a disk with a cache that reorders.
"""
import random
import signal
import struct
import subprocess
import time

SECTOR = 512
WRITES = 10  # a second, of the host: a slow card, which spends much of its time between a write and its flush
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4


def arguments(folder):
    return ["-object", f"throttle-group,id=card,x-iops-write={WRITES}",
            "-blockdev", f"driver=throttle,node-name=disk,throttle-group=card,file.driver=blklogwrites,file.log-sector-size={SECTOR},"
                         f"file.file.driver=file,file.file.filename={folder}/running.img,"
                         f"file.log.driver=file,file.log.filename={folder}/writes.log",
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


def until_written(folder, process, longest=30):
    """Stops the emulator behind a write that it has not flushed yet; if there is one."""
    end, size = time.monotonic() + longest, 0
    while time.monotonic() < end:
        before, size = size, (folder / "writes.log").stat().st_size
        if size - before > SECTOR:  # a flush is one sector of the log
            process.send_signal(signal.SIGSTOP)
            with open(folder / "writes.log", "rb") as log:
                if not ([FLUSH] + [flags for flags, _, _ in writes(log)])[-1] & (FLUSH | FUA):
                    return
            process.send_signal(signal.SIGCONT)


def cut(folder, seed, forgotten=0):
    """disk.img becomes what survives a cut just now; (writes kept, writes that were not flushed, of them lost).

    `forgotten`: so many flushes it had only pretended, and all since is gone: a disk that lies.
    """
    chance = random.Random(seed)
    with open(folder / "writes.log", "rb") as log:
        flushes = [number for number, (flags, _, _) in enumerate(writes(log)) if flags & FLUSH]
        last = ([-1] * (forgotten + 1) + flushes)[-1 - forgotten]
        log.seek(0)
        kept = unsafe = lost = 0
        with open(folder / "disk.img", "r+b") as image:
            for number, (flags, offset, data) in enumerate(writes(log)):
                if number > last and data and not flags & FUA:
                    unsafe += 1
                    if forgotten or chance.random() < 0.5:
                        lost += 1
                        continue
                    data = data[:SECTOR * chance.randint(1, len(data) // SECTOR)] if chance.random() < 0.2 else data
                image.seek(offset)
                image.write(data)
                kept += 1
    return kept, unsafe, lost
