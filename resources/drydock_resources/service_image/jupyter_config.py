"""Settings of JupyterLab inside a session. The port is published on the host's loopback address alone."""

with open("/run/drydock/jupyter_token", encoding="utf-8") as _file:
    _token = _file.read().strip()

c = get_config()  # noqa: F821 - Jupyter gives it to this file
c.IdentityProvider.token = _token
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.allow_root = True
c.ServerApp.open_browser = False
c.ServerApp.allow_remote_access = False
c.ExtensionApp.open_browser = False
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
