"""Drydock: inspect, repair and launch PyTorch on NVIDIA GPUs in containers."""

__version__ = "0.1.0"
