"""The pages of the window, one module each; made when they are first shown."""
