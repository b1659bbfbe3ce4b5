"""Images that a dataset holds twice: to the pixel, or resized, compressed, cropped, shifted or made brighter.

What is equal is found by its hash. What is near is found in three steps, each dearer than the one before and asked of
fewer pairs: descriptors name each image's nearest others (``descriptor``, ``candidates``), one of two is laid over the
other (``alignment``), and what then differs between them decides (``decision``).
"""
