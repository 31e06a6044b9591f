"""The gateway: REST, gRPC, access, limits and observation around the APIs."""
