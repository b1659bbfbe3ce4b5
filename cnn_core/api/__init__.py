"""The JSON API: pictures in, the answers of ``predict --json`` out, over HTTP."""
