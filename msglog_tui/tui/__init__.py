"""The screen: widgets, keys and styles; no SQL, and nothing here ever blocks."""
