"""`msglog serve`: the account logs over SSH, one process a session.

The server process holds the connections and the keys (`server`, `door`, `session`).  A second process, the
*zygote*, has imported all that a session needs and forks *spares* ahead of time (`zygote`, `spare`,
`parking`).  A spare knows nobody until a session is handed to it.
"""
