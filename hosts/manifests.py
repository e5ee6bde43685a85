"""The manifests of deploy/ against their schemas. Kubernetes' own come with kubernetes-validate; those of wasmCloud and SpinKube are in
their releases: WASMCLOUD_CRD and SPINKUBE_CRD name the files."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

DEPLOY = pathlib.Path("deploy")


def strict(schema):
    """A field that the schema does not know is an error here: the cluster would drop it silently."""
    if isinstance(schema, dict):
        if "properties" in schema and "x-kubernetes-preserve-unknown-fields" not in schema:
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            strict(inner)
    elif isinstance(schema, list):
        for inner in schema:
            strict(inner)
    return schema


def custom(manifest, variable):
    if variable not in os.environ:
        print(f"{manifest}: left out, because {variable} names no CRD")
        return
    crd = yaml.safe_load(pathlib.Path(os.environ[variable]).read_text())
    made = yaml.safe_load((DEPLOY / manifest).read_text())
    version = made["apiVersion"].rpartition("/")[2]
    (schema,) = (entry["schema"]["openAPIV3Schema"] for entry in crd["spec"]["versions"] if entry["name"] == version)
    # Only what the author of a manifest writes: metadata is Kubernetes' own.
    jsonschema.validate(made["spec"], strict(schema["properties"]["spec"]))
    print(f"{manifest}: valid against {crd['metadata']['name']}")


def unit(manifest):
    """The unit, by systemd itself. The program that it starts need not be installed for that."""
    if shutil.which("systemd-analyze") is None:
        print(f"{manifest}: left out, because there is no systemd-analyze")
        return
    text = (DEPLOY / manifest).read_text()
    # SIGTERM cuts off running calls, and a wait that is shorter than the longest deadline does so later.
    assert "KillSignal=SIGINT" in text and "TimeoutStopSec=160" in text, manifest
    # What it starts is what the page installs.
    page = pathlib.Path("docs/hosts/wasmtime.md").read_text()
    for path in re.findall(r"/usr/local/\S+", text):
        assert re.search(rf"^install .*{re.escape(path)}$", page, re.MULTILINE), f"{manifest} needs {path}, which no page installs"
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, pathlib.Path(manifest).name)
        copy.write_text(text.replace("/usr/local/bin/wasmtime", sys.executable))
        made = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True)
    assert made.returncode == 0 and not made.stderr.strip(), made.stderr
    print(f"{manifest}: valid")


subprocess.run([sys.argv[1], "--strict", "--quiet", str(DEPLOY / "kubernetes/unassign-role.yaml")], check=True)
print("kubernetes/unassign-role.yaml: valid")
custom("wasmcloud/workload.yaml", "WASMCLOUD_CRD")
custom("spinkube/spinapp.yaml", "SPINKUBE_CRD")
unit("systemd/unassign-role.service")
