#!/usr/bin/python3
"""sbom.py PROGRAM ROOT: writes a CycloneDX bill of materials of what a built program consists of.

Read from the program: the libraries that it links and those that it loads when used. Read from the build's record of
headers (`ninja -t deps`, on the standard input): libraries that are compiled in. ROOT is the system that it was built
against, whose package database says which package and version each file came from.
"""
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import uuid


def packages_of(root):
    """(Package, architecture) -> its fields."""
    found = {}
    with open(f"{root}/var/lib/dpkg/status", encoding="utf-8") as status:
        for paragraph in status.read().split("\n\n"):
            fields = dict(re.findall(r"^([A-Z][A-Za-z-]*): (.*)$", paragraph, re.M))
            if "Package" in fields:
                found[fields["Package"], fields["Architecture"]] = fields
    return found


def owners_of(root, architecture):
    """File -> package, of the packages that a program of this architecture can use."""
    owners = {}
    for path in glob.glob(f"{root}/var/lib/dpkg/info/*.list"):
        name, _, foreign = os.path.basename(path)[:-5].partition(":")
        if foreign in ("", architecture):
            with open(path, encoding="utf-8") as files:
                owners.update((line.rstrip("\n"), name) for line in files)
    return owners


def linked(program):
    dynamic = subprocess.run(["readelf", "-dW", program], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))


def loaded(program):
    """Names of libraries that stand in the program as texts: dlopen's."""
    with open(program, "rb") as file:
        return {name.decode() for name in re.findall(rb"\0(lib[\w+-]+\.so\.\d+)\0", file.read())}


def headers(root, record):
    """Paths within ROOT of what the program's own objects include; tests are no part of it."""
    used, own = set(), False
    for line in record:
        if not line.startswith(" "):
            own = not line.startswith("tests/")
        elif own and (path := line.strip()).startswith(root.rstrip("/") + "/usr/"):
            used.add("/" + os.path.relpath(path, root))
    return used


def source_of(fields):
    return fields.get("Source", fields["Package"]).split()[0]


def component(fields, how, distribution):
    name, version = fields["Package"], fields["Version"]
    return {"type": "library", "name": name, "version": version,
            "scope": "optional" if how == "loaded when used" else "required",
            "purl": f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}"
                    f"?arch={fields['Architecture']}&distro={distribution}",
            "properties": [{"name": "fieldweir:use", "value": how}, {"name": "fieldweir:source", "value": source_of(fields)}]}


def main(program, root):
    architecture, triple = os.environ["DEB_HOST_ARCH"], os.environ["FIELDWEIR_TRIPLE"]
    release = os.environ["FIELDWEIR_DEBIAN_RELEASE"]
    distribution = "debian-" + release.rpartition("deb")[2]
    packages, owners = packages_of(root), owners_of(root, architecture)
    libraries = re.compile(rf"(/usr)?/lib/{triple}/([^/]*\.so[^/]*)")
    by_name = {found[2]: package for file, package in owners.items() if (found := libraries.fullmatch(file))}

    def fields(package):
        return packages.get((package, architecture)) or packages[package, "all"]

    needed = linked(program)
    uses = {by_name[name]: "loaded when used" for name in loaded(program) - needed}
    if unknown := sorted(name for name in needed if name not in by_name and not name.startswith("ld-linux")):
        sys.exit(f"sbom.py: no package of the sysroot has {', '.join(unknown)}, which {program} links")
    uses |= {by_name[name]: "linked" for name in needed if name in by_name}
    sources = {source_of(fields(package)) for package in uses}
    for package in {owners[path] for path in headers(root, sys.stdin) if path in owners}:
        # the headers of a library that is listed are no second part; the kernel's only declare its interface
        if source_of(fields(package)) not in sources and package != "linux-libc-dev":
            uses[package] = "compiled in"

    version = re.search(r"project\(fieldweir VERSION ([\d.]+)", open("CMakeLists.txt", encoding="utf-8").read())[1]
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "component": {"type": "application", "name": "fieldweir", "version": f"{version}-{release}",
                                       "licenses": [{"license": {"id": "Apache-2.0"}}]}},
            "components": [component(fields(p), uses[p], distribution) for p in sorted(uses)]}
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(bill) + architecture).urn
    json.dump(bill, sys.stdout, indent=1)
    print()


main(sys.argv[1], os.path.abspath(sys.argv[2]))
