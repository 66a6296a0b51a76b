"""A private, real container engine for the tests: daemon, registry, images, GPU hook stand-in.

Start and stop it from the repository's root::

    python -m tests.support.engine up --images
    python -m tests.support.engine status
    python -m tests.support.engine down --purge

Nothing here talks to an outside image registry, and nothing listens on anything but loopback.
"""
