"""HTTP requests as jobs. `options` is the table of a preset and imports no client; everything else is loaded by use."""
