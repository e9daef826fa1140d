"""Values in, values out: no gRPC, NATS, database, HTTP, object store or clock."""
