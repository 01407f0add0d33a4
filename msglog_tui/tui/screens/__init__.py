"""The main screen, and what lies over it for a moment."""
