"""The archive: the only place that knows tables and SQL."""
