"""The evaluation of a run as one HTML file, which needs neither a network nor a script to be read."""
