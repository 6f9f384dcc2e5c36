"""What a person sees and does, tried in Chromium. A package, so that one browser serves the whole folder."""
