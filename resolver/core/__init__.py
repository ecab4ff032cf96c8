"""Values that every floor speaks in; standard library and `packaging` only."""
