"""Prompt templates and chat templates: read, checked, and rendered with bounds in a worker process."""
