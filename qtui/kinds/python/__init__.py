"""The kind `python`: every job calls a function of the author's."""
