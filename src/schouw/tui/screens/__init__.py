"""The screens. Each shows and asks; the work is done elsewhere."""
