"""The widgets that msglog adds to those of Textual."""
