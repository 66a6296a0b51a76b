"""What the pages show, worked out without a widget."""
