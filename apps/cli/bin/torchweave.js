#!/bin/sh
':' //; exec node --max-semi-space-size=32 "$0" "$@"
// For the shell this file ends above: it starts Node with a flag that a script cannot set for itself, as MB. What predictions
// under way hold overflows V8's young generation as it is by default, and then the garbage collector takes a fifth of the
// gateway's CPU time, and most of it where bodies are large.
import '../dist/main.js';
