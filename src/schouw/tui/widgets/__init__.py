"""What the screens are made of: all of it painted line by line, from the plain values of `schouw.views`."""
