"""Asks image registries what they hold, by the OCI distribution protocol; nothing is pulled here."""
