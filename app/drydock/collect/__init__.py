"""Facts gathered from the world, one subject a file. A collector never raises; it has its own time limit."""
