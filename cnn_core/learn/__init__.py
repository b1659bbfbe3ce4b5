"""What the page "Learn" computes before one's eyes: each step of a network, on one small picture."""
