"""What every room stands on: ids, errors, actors, tenant scope, sealed fields, outbound HTTP."""
