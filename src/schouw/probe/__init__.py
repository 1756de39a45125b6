"""The outside view: what a stranger's packets meet. `look.look` is the way in; one file a protocol."""
