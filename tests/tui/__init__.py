"""The dashboard, driven by keys."""
