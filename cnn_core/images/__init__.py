"""Any picture → the uint8 array that a network sees: decoding, foreground, polarity, crop, fit."""
