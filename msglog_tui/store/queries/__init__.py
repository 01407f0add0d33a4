"""The questions one can ask an archive.

Every public function here takes the `Scope` first and the connection second, and asks nothing outside that
scope; `access.within` puts it into each statement.  Text in what they return has been cleaned.
"""
