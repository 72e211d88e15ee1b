"""The shell kind: a command per attempt, in a session of its own, with nothing of it left over afterwards."""
