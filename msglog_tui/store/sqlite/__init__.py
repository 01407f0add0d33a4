"""What is SQLite's alone: the file, its settings, its index of texts, its ways to say things."""
