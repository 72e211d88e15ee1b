"""The embedded shop that bundled presets talk to, with its misbehaviours on demand."""
