"""One module a version of the schema; its revision is the number of the version."""
