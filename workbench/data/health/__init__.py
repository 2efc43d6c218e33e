"""What is wrong with data, found by opening every file once."""

from workbench.data.health.examination import examine

__all__ = ["examine"]
