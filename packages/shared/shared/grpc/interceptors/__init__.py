"""What wraps every call, on the server's side and on the client's."""
