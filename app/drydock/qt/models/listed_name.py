"""The name under which the engine lists an image, whichever way it was spelled."""


def listed_name(reference: str) -> str:
    """Return a name as the engine lists it: without Docker Hub's own name, and with ``latest`` for an absent tag."""
    name = reference.strip().removeprefix("index.docker.io/").removeprefix("docker.io/").removeprefix("library/")
    named, at, digest = name.partition("@")
    if at:
        # a digest counts before a tag
        head, slash, last = named.rpartition("/")
        return f"{head}{slash}{last.partition(':')[0]}@{digest}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
