"""Line icons on a 24 px grid, one stroke; ``currentColor`` is filled in with the theme's colour."""
