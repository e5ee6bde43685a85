"""The manifests of deploy/ against their schemas. Kubernetes' own come with kubernetes-validate; those of wasmCloud and SpinKube are in
their releases: WASMCLOUD_CRD and SPINKUBE_CRD name the files."""

import os
import pathlib
import subprocess
import sys

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


subprocess.run([sys.argv[1], "--strict", "--quiet", str(DEPLOY / "kubernetes/unassign-role.yaml")], check=True)
print("kubernetes/unassign-role.yaml: valid")
custom("wasmcloud/workload.yaml", "WASMCLOUD_CRD")
custom("spinkube/spinapp.yaml", "SPINKUBE_CRD")
