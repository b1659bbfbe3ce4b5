"""Named datasets: found, downloaded, verified and read; the split of their training images."""
