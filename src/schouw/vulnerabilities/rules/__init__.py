"""The rules of matching, one file a family: pure functions from an installed version and a feed's records to verdicts."""
