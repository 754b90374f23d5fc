"""The same run on several machines: workers on a Ray cluster, each with a model and an engine, as a run's writer."""
