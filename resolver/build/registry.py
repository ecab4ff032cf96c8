"""What the registry of a base image says of it, asked through the engine."""

from __future__ import annotations


def digest(image: str) -> str:
    """The digest that a tag has now ("sha256:..."), "" when no engine or no registry answers. One request; never raises."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=30)
        try:
            return str(client.images.get_registry_data(image).id or "")
        finally:
            client.close()
    except (DockerException, OSError, ValueError):
        return ""
