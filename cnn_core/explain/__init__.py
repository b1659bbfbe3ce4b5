"""Why a network answers as it does: where it looked, and what it learned from that is like it."""
