"""Prompt templates: read, checked, and rendered within bounds by a process of their own."""
