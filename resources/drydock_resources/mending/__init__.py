"""What runs as root when a remedy is applied."""
