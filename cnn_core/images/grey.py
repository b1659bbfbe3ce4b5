"""How bright a colour is."""

# Of red, green and blue in grey: ITU-R BT.601, as OpenCV has it.
GREY_WEIGHTS = (0.299, 0.587, 0.114)
