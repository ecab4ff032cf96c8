"""Does it run: builds in containers or virtual environments, the probe inside them, and what their failures mean."""
