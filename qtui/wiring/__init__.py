"""The only package that knows everyone: it joins presets, engine, journal, link and faces."""
