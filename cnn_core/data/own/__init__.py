"""Datasets of one's own: pictures in class folders, a ZIP of them, or a table of labels, become arrays to train on."""
